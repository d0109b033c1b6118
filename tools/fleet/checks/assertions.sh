# shellcheck shell=bash
# What the checks are written with.

# What the next results belong to.
checking() { CHECKED=$*; }

select_machine() { # NAME SUITE
  MACHINE=$1 SUITE=$2
}

passed() { echo "pass $CHECKED: $1" >>"$RESULTS"; }

failed() { # WHAT [OUTPUT]
  echo "fail $CHECKED: $1" >>"$RESULTS"
  {
    echo "FAILED $CHECKED: $1"
    head -40 <<<"${2-}" | sed 's/^/    /'
  } >&2
}

check() { # WHAT STATUS [OUTPUT]
  if [ "$2" = 0 ]; then passed "$1"; else failed "$1" "${3-}"; fi
}

# shows PATTERN CMD.. : the output of CMD, both streams, has a line that matches
shows() {
  local pattern=$1 output
  shift
  output=$("$@" 2>&1)
  grep -Eiq -- "$pattern" <<<"$output"
  check "'$*' shows /$pattern/" $? "$output"
}

hides() { # PATTERN CMD..
  local pattern=$1 output
  shift
  output=$("$@" 2>&1)
  ! grep -Eiq -- "$pattern" <<<"$output"
  check "'$*' does not show /$pattern/" $? "$output"
}

exits() { # STATUS CMD..
  local expected=$1 output status
  shift
  output=$("$@" 2>&1)
  status=$?
  [ "$status" = "$expected" ]
  check "'$*' exits with $expected (was $status)" $? "$output"
}

# Waits for a condition, for as long as a slow box may need.
eventually() { # WHAT CMD..
  local what=$1 tries=300
  shift
  until "$@"; do
    if ((tries-- == 0)); then
      failed "$what"
      return 1
    fi
    sleep 0.1
  done
  passed "$what"
}

# ---------------------------------------------------------------- on the machine under check

on() { "$FLEET" exec "$MACHINE" "$@" </dev/null; }
plan() { on apt-get -s "$@"; }
refresh() { on apt-get -q -o APT::Update::Error-Mode=any -o Acquire::Retries=0 -o Acquire::http::Timeout=3 update; }
refresh_quietly() { refresh >/dev/null 2>&1; }

enter() { # STATE.. : puts the machine there and refreshes its lists
  checking "$MACHINE ($SUITE) $*"
  if ! "$FLEET" scenario "$MACHINE" "$@"; then
    failed 'can be entered'
    return
  fi
  case " $* " in *' repo-'* | *' lock-lists '* | *' lists-'*) ;; *) refresh_quietly || failed 'lists can be refreshed' ;; esac
}

# For states that leave packages behind.
enter_afresh() {
  "$FLEET" reset "$MACHINE"
  enter "$@"
}
