#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# shellcheck disable=SC2154 # $work is set in 10-work.sh
# Plans a repair. Goes after 10-work.sh and 40-machine.sh of apt-update-analyze/, apt-transaction.sh, apt-auto-marks.sh,
# apt-look.sh and apt-repair-lines.sh. Changes nothing.

repair_simulation() {
  repair_apt -s >"$work/simulation"
  code=$?
  cat "$work/simulation"
  return "$code"
}

transaction_environment
section repair_simulation repair_simulation
section repair_lines repair_lines "$work/simulation"
section repair_whole repair_whole
section dpkg_state dpkg_state
section dpkg_updates dpkg_updates
section co_managers co_managers
section plan_locks plan_locks
section plan_sudo plan_sudo
section plan_backups plan_backups
section plan_itself plan_itself
exit 0
