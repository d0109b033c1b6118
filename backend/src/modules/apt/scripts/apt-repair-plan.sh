#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# shellcheck disable=SC2154 # $work is set in 10-work.sh
# Plans a repair. Goes after 10-work.sh, 20-refresh.sh and 40-machine.sh of apt-update-analyze/, apt-transaction.sh,
# apt-auto-marks.sh, apt-look.sh, apt-sizes.sh and apt-repair-lines.sh. Changes nothing.

repair_simulation() {
  repair_apt -s >"$work/simulation"
  code=$?
  cat "$work/simulation"
  return "$code"
}

# The archives that it would have to fetch: `missing` lines, or `complete`.
repair_archives() {
  repair_apt --print-uris >"$work/uris.repair" || return
  awk '/^\047/ { print "missing\t" $2 "\t" $3; missing = 1 } END { if (!missing) print "complete" }' "$work/uris.repair"
}

transaction_environment
section environment environment
section repair_simulation repair_simulation
section repair_lines repair_lines "$work/simulation"
section repair_whole repair_whole
section dpkg_state dpkg_state
section dpkg_updates dpkg_updates
section co_managers co_managers
section space space
section stamps stamps
section configured configured
section index_files index_files
section policy_sources apt-cache policy
section plan_records sizes_coming "$work/simulation"
section plan_installed sizes_present "$work/simulation"
section plan_archives repair_archives
section plan_clock plan_clock
section plan_locks plan_locks
section plan_sudo plan_sudo
section plan_backups plan_backups
section plan_itself plan_itself
exit 0
