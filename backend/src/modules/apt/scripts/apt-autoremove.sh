#!/bin/sh
# shellcheck disable=SC2317 # functions are called through `keep`
# Removes what a confirmed plan names, detached. Goes after changes.sh (step, keep, confirm_plan), apt-transaction.sh,
# apt-look.sh, 40-machine.sh, 50-history.sh, apt-facts.sh and apt-autoremove-lines.sh.
# Parameters besides those of the lines: GUARD (text of what apt asks before it begins), LOCK_WAIT seconds to wait for the
# locks of dpkg and for that of the downloads

LOCK_WAIT=${LOCK_WAIT:-120}

work=$(mktemp -d /run/system-update-autoremove.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
transaction_environment

simulate() {
  autoremove_simulate 2>"$work/simulation.err" || {
    code=$?
    cat "$work/simulation.err"
    return "$code"
  }
  autoremove_lines >"$work/lines"
}

step check
facts_before || finish 100
simulate || finish "$?"
confirm_plan "$work/lines"
refuse_backups

step remove
printf '%s' "$GUARD" >"$SU_DIR/guard" || finish 73
chmod 700 "$SU_DIR/guard"
transaction_patiently autoremove_apt -o DPkg::Lock::Timeout="$LOCK_WAIT" -o APT::Status-Fd=3 \
  -o DPkg::Pre-Install-Pkgs::="$SU_DIR/guard" -o DPkg::Tools::Options::"$SU_DIR/guard"::Version=3
code=$?
keep lock_waited transaction_lock_told

step verify
facts_after
# Where the guard has refused, these end the run: as it is too late for its window, or with the difference.
[ "$code" = 0 ] || ! transaction_too_late || begin_in_time
[ ! -e "$SU_DIR/guard.found" ] || confirm_plan "$SU_DIR/guard.found"
exit "$code"
