#!/bin/sh
# shellcheck disable=SC2317 # functions are called through `keep`
# Carries out a confirmed repair, detached. Goes after changes.sh (step, keep, confirm_plan), 15-proxy.sh,
# apt-transaction.sh, apt-auto-marks.sh, apt-look.sh, 40-machine.sh, 50-history.sh, apt-facts.sh and apt-repair-lines.sh.
# Parameters besides those of the lines: NO_REMOVE=1|0, GUARD (text of what apt asks before it begins), LOCK_WAIT seconds to
# wait for the locks of dpkg and for that of the downloads

LOCK_WAIT=${LOCK_WAIT:-120}

work=$(mktemp -d /run/system-update-repair.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
transaction_environment

simulate() {
  repair_apt -s >"$work/simulation" 2>"$work/simulation.err" || {
    code=$?
    cat "$work/simulation.err"
    return "$code"
  }
  repair_lines "$work/simulation" >"$work/lines"
}

# locks_told FILE: locks and their holders, in the words of apt
locks_told() { awk -F '\t' '{ printf "Could not get lock %s. It is held by process %s (%s)\n", $1, $2, $3 }' "$1"; }

# dpkg does not wait for its locks, so the bounded waiting is done here. Once it works the repair has begun, however late the
# rest of it comes. What it could not configure, apt may have to bring a dependency for: its failure is no end.
configure() {
  deadline=$(($(su_seconds_up) + LOCK_WAIT))
  while plan_locks | grep '^/var/lib/dpkg/' >"$work/held" && [ "$(su_seconds_up)" -lt "$deadline" ]; do
    keep lock_waited locks_told "$work/held"
    sleep 1
  done
  # A backup may have begun meanwhile.
  refuse_backups
  begin_in_time
  has_begun
  : >"$work/configuring"
  # It reads along and nothing depends on it: whatever becomes of it, dpkg writes to a file.
  tail -n +1 -f --pid="$$" "$work/configuring" 2>/dev/null | configure_progress "$(grep -c . "$work/unfinished")" >>"$SU_DIR/progress" &
  dpkg --force-confdef --force-confold --status-fd 3 --configure -a 3>>"$work/configuring"
}

# configure_progress COUNT: of what dpkg tells of its work on so many packages, how much is done, in the form of apt. By the shell:
# Debian's awk would wait for more.
configure_progress() {
  configure_ended=0 configure_open=''
  while IFS= read -r configure_said; do
    case $configure_said in
      'processing: configure: '*) configure_open=yes configure_at=${configure_said#processing: configure: } ;;
      'status: '*': installed' | 'status: '*' : error : '*)
        [ -n "$configure_open" ] || continue
        configure_open='' configure_ended=$((configure_ended + 1))
        ;;
      *) continue ;;
    esac
    configure_percent=100
    [ "$configure_ended" -ge "$1" ] || configure_percent=$((100 * configure_ended / $1))
    printf 'configure:%s:%s:Configuring %s\n' "$configure_at" "$configure_percent" "$configure_at"
  done
}

# Configuring may have changed what is left to do: less is well, more was never confirmed.
within_plan() {
  simulate || return
  grep -E '^(install|upgrade|downgrade|remove) ' "$work/lines" | LC_ALL=C sort >"$work/now" || return 73
  LC_ALL=C sort "$work/confirmed" | LC_ALL=C comm -13 - "$work/now" >"$work/more" || return 73
  [ -s "$work/more" ] || return 0
  echo 'system-update: repair_differs: the repair would now do more than was confirmed'
  cat "$work/more"
  return 65
}

step check
facts_before || finish 100
simulate || finish "$?"
confirm_plan "$work/lines"
refuse_backups
# Before anything is changed: what is wrong with it is known now.
proxy_config "$work/proxy.conf" || finish "$?"
cp "$work/lines" "$work/confirmed" || finish 73

step configure
configure

step install
within_plan
code=$?
if [ "$code" = 0 ]; then
  set -- -c "$work/proxy.conf" -o DPkg::Lock::Timeout="$LOCK_WAIT" -o APT::Status-Fd=3
  [ "$NO_REMOVE" != 1 ] || set -- --no-remove "$@"
  printf '%s' "$GUARD" >"$SU_DIR/guard" || finish 73
  : >"$SU_DIR/guard.within"
  chmod 700 "$SU_DIR/guard"
  set -- -o DPkg::Pre-Install-Pkgs::="$SU_DIR/guard" -o DPkg::Tools::Options::"$SU_DIR/guard"::Version=3 "$@"
  transaction_patiently repair_apt "$@"
  code=$?
fi

step verify
# shellcheck disable=SC2046 # a run's id is a UUID
[ ! -s "$work/pending" ] || keep auto_marks auto_marks_restore $(cat "$work/notes")
keep whole repair_whole || [ "$code" != 0 ] || code=100
finish "$code"
