#!/bin/sh
# shellcheck disable=SC2154,SC2317 # SU_… are of the prelude; functions are called through `section`
# What a run that was cut off could not keep any more: the machine after it, as a reading run takes it. Goes after apt-facts.sh;
# for a repair after apt-repair-lines.sh too.
# Parameters: RUN_ID, REPAIR=1|0

LC_ALL=C.UTF-8
export LC_ALL
keep() { section "$@"; }

work=$(mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
# Made once, when the run began: what is newer came with it or after it.
touch -r "/var/lib/system-update/runs/$RUN_ID/process" "$work/began" || exit 66
facts_after
[ "$REPAIR" != 1 ] || section whole repair_whole
