#!/bin/sh
# shellcheck disable=SC2034,SC2154,SC2317 # functions are called through `keep`; PINS, work_archives, auto_notes are of others
# Carries out a confirmed upgrade, detached. Goes after changes.sh (step, keep, confirm_plan), 15-proxy.sh,
# apt-transaction.sh, apt-archives.sh, apt-auto-marks.sh, apt-look.sh, 40-machine.sh, 50-history.sh and apt-facts.sh.
# Parameters besides those of the transaction: NO_REMOVE=1|0, ALLOW_DOWNGRADES=1|0 (what was confirmed), GUARD (text of
# what apt asks before it begins), LOCK_WAIT seconds to wait for the locks of dpkg and for
# that of the downloads

LOCK_WAIT=${LOCK_WAIT:-120}

work=$(mktemp -d /run/system-update-upgrade.XXXXXX 2>/dev/null || mktemp -d) || exit 73
note=$auto_notes/${SU_DIR##*/}
trap 'restore_marks; rm -rf "$work"' EXIT
# Else a shell that is asked to end would pass over its last words.
trap 'exit 143' HUP INT TERM
PINS=$work/pins work_archives=$work
transaction_environment

# -------------------------------------------------------------------------------------------------------------- the run
simulate() {
  transaction_simulate >"$work/simulation" 2>"$work/simulation.err" || {
    code=$?
    cat "$work/simulation.err"
    return "$code"
  }
  transaction_lines "$work/simulation" >"$work/lines"
}

note_marks() {
  [ "$SCOPE" = packages ] || return 0
  named=$(transaction_names) || return
  # shellcheck disable=SC2086 # names of packages hold no special sign
  auto_marks_note "${note##*/}" $named
}

# Whatever ends the script: what could not be done here is done by whoever looks at the machine next.
restore_marks() {
  if [ -e "$note" ]; then
    keep auto_marks auto_marks_restore "$note"
  else
    keep auto_marks_none true
  fi
}

step check
facts_before || finish 100
simulate || finish "$?"
confirm_plan "$work/lines"
refuse_backups

step download
proxy_config "$work/proxy.conf" || finish "$?"
set -- -c "$work/proxy.conf" -o DPkg::Lock::Timeout="$LOCK_WAIT" -o APT::Status-Fd=3
[ "$NO_REMOVE" != 1 ] || set -- --no-remove "$@"
[ "$ALLOW_DOWNGRADES" != 1 ] || set -- --allow-downgrades "$@"
transaction_patiently transaction_apt "$@" --download-only || finish "$?"
keep lock_waited transaction_lock_told
keep archives archives_facts "$work/lines"

step install
# The last look: what happened since the plan was confirmed, happened to it.
simulate || finish "$?"
confirm_plan "$work/lines"
refuse_backups
printf '%s' "$GUARD" >"$SU_DIR/guard" || finish 73
chmod 700 "$SU_DIR/guard"
note_marks || finish 73
set -- -o DPkg::Pre-Install-Pkgs::="$SU_DIR/guard" -o DPkg::Tools::Options::"$SU_DIR/guard"::Version=3 "$@"
transaction_patiently transaction_apt "$@"
code=$?
keep lock_waited transaction_lock_told
failed_here "$code"
restore_marks

step verify
facts_after
# Where the guard has refused, these end the run: as it is too late for its window, or with the difference.
[ "$code" = 0 ] || ! transaction_too_late || begin_in_time
[ ! -e "$SU_DIR/guard.found" ] || confirm_plan "$SU_DIR/guard.found"
exit "$code"
