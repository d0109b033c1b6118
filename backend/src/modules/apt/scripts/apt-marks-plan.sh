#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# Plans marks of packages. Goes after apt-look.sh and apt-marks-lines.sh. Changes nothing.

marks_work=$(mktemp -d /run/system-update-marks.XXXXXX 2>/dev/null || mktemp -d) || exit 73
marks_environment
section marks_held marks_held
section marks_packages marks_packages
section marks_lines marks_lines
section plan_locks plan_locks
rm -rf "$marks_work"
