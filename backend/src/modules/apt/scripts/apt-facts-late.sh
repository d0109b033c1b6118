#!/bin/sh
# shellcheck disable=SC2154,SC2317 # SU_… are of the prelude; functions are called through `section`
# What a run that was cut off, or had no room for it, could not keep: the machine after it, as a reading run takes it. Goes after 40-machine.sh, 50-history.sh,
# apt-facts.sh and apt-auto-marks.sh; for a repair after apt-repair-lines.sh too. It changes one thing: marks that the run has lost.
# Parameters: RUN_ID, REPAIR=1|0

LC_ALL=C.UTF-8
export LC_ALL
keep() { section "$@"; }

work=$(mktemp -d /run/system-update-late.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
# Made once, when the run began: what is newer came with it or after it.
touch -r "/var/lib/system-update/runs/$RUN_ID/process" "$work/began"
facts_after
# The file system that a run keeps its facts on, where it has no room for them.
record_full() { df -P -k "/var/lib/system-update/runs/$RUN_ID" | awk 'NR > 1 && $4 <= 0'; }
section record_full record_full
if [ -e "$auto_notes/$RUN_ID" ]; then
  section auto_marks auto_marks_restore "$auto_notes/$RUN_ID"
elif [ "$REPAIR" != 1 ]; then
  section auto_marks_none true
fi
[ "$REPAIR" != 1 ] || section whole repair_whole
