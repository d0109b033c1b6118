# shellcheck shell=bash
# States of a machine: which package sources it sees (states/catalogue) and what is prepared on it (states/prepare.sh).

readonly STATES=$FLEET_HOME/states/catalogue

state_rows() { sed -E '/^(#|$)/d; s/ *\| */|/g' "$STATES"; }
state_names() { state_rows | cut -d'|' -f1; }

state_sources() { # STATE SUITE
  state_rows | awk -F'|' -v state="$1" '$1 == state { print $2 }' | sed "s/%suite%/$2/; s/%host%/${FLEET_APT%:*}/"
}

source_stanza() { # SOURCE
  local place=${1%/*} uri key=fleet
  case $1 in
    http://*) uri=$place ;;
    */*) uri=http://$FLEET_APT/$place ;;
    *) uri=http://$FLEET_APT/repo ;;
  esac
  [ "$1" != bad-key-expired ] || key=fleet-expired
  printf '%s\n' 'Types: deb' "URIs: $uri" "Suites: ${1##*/}" 'Components: main' \
    "Signed-By: /etc/apt/keyrings/$key.asc" ''
}

sources_text() { # SOURCE.. : each once
  local source
  printf '%s\n' "$@" | awk '!seen[$0]++' | while read -r source; do
    [ "$source" = debian ] || source_stanza "$source"
  done
}

# "debian" among the sources stands for the real archive.
set_sources() { # NAME SOURCE..
  local name=$1 source archive=no
  shift
  for source; do [ "$source" != debian ] || archive=yes; done
  inside "$name" write_sources "$archive" "$(sources_text "$@")"
}

inside() { # NAME COMMAND.. : a command of states/prepare.sh
  local name=$1
  shift
  in_machine "$name" sh -c "$(cat "$FLEET_HOME/states/prepare.sh")" prepare.sh "$@" </dev/null
}

# Which machines a 0 % rollout reaches is a throw of 1 in 101 on the machine's id: where apt would install the update
# after all, the machine gets another id. The lists that apt keeps on the machine are not touched by looking.
ensure_deferred() { # NAME
  local tries=5
  until inside "$1" defers_phased_update; do
    ((tries-- > 0)) || die "$1: apt does not defer the phased update"
    inside "$1" change_machine_id "$(tr -d - </proc/sys/kernel/random/uuid)"
  done
}

# Locks and proxies come last: the preparation of other states may need apt itself.
in_order_of_preparation() {
  printf '%s\n' "$@" | awk '/^(lock-|lists-|proxy$)/ { late[++count] = $0; next } { print }
    END { for (i = 1; i <= count; i++) print late[i] }'
}

apply_states() { # NAME STATE..
  local name=$1 state suite sources=(base)
  shift
  suite=$(setting "$MACHINES/$name" suite)
  for state; do
    state_names | grep -qxF -- "$state" || die "no state named '$state' (fleet states lists them)"
    mapfile -t -O "${#sources[@]}" sources < <(state_sources "$state" "$suite" | sed '/^$/d')
  done
  inside "$name" undo || die "$name: cannot undo the former state; reset it"
  set_sources "$name" "${sources[@]}"
  for state in $(in_order_of_preparation "$@"); do
    inside "$name" prepare "$state" "http://$FLEET_APT" || die "$name: cannot prepare the state $state"
    [ "$state" != phased ] || ensure_deferred "$name"
  done
}
