#!/bin/sh
# shellcheck disable=SC2317 # functions are called through `keep`
# Sets or takes away confirmed marks, detached. Goes after changes.sh (step, keep, confirm_plan) and apt-marks-lines.sh.
# Parameters besides those of the lines: LOCK_WAIT seconds to wait for the locks of dpkg

LOCK_WAIT=${LOCK_WAIT:-120}

marks_work=$(mktemp -d /run/system-update-marks.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$marks_work"' EXIT
marks_environment

# dpkg does not wait for its locks when it changes a mark, so the bounded waiting is done here.
marks_change() {
  deadline=$(($(su_seconds_up) + LOCK_WAIT))
  while :; do
    begin_in_time
    # shellcheck disable=SC2046 # names of packages hold no special sign
    apt-mark "$OPERATION" -- $(awk -v operation="$OPERATION" '$1 == operation { print $2 }' "$marks_work/lines") \
      >"$marks_work/said" 2>&1
    code=$?
    if [ "$code" = 0 ] || ! grep -q 'lock was locked by' "$marks_work/said" || [ "$(su_seconds_up)" -ge "$deadline" ]; then
      cat "$marks_work/said"
      return "$code"
    fi
    keep lock_waited cat "$marks_work/said"
    sleep 1
  done
}

# finish CODE: the marks as they are now, whatever happened, and the end
finish() {
  keep after marks_held
  exit "$1"
}

step check
keep before marks_held || finish 100
marks_lines >"$marks_work/lines" || finish 100
confirm_plan "$marks_work/lines"

step mark
marks_change
code=$?

step verify
finish "$code"
