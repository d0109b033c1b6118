#!/bin/sh
# shellcheck disable=SC2317 # functions are called through `keep`
# Carries out a confirmed upgrade, detached. Goes after changes.sh (step, keep, confirm_plan) and apt-transaction.sh.
# Parameters besides those of the transaction: NO_REMOVE=1|0, LOCK_WAIT seconds to wait for the locks of dpkg

LOCK_WAIT=${LOCK_WAIT:-120}

work=$(mktemp -d /run/system-update-upgrade.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
transaction_environment

# ----------------------------------------------------------------------------------------------------------------- facts
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
inventory() { dpkg-query -W -f '${db:Status-Abbrev}\t${binary:Package}\t${Version}\t${Architecture}\n'; }

failed_units() {
  [ -d /run/systemd/system ] || return 127
  systemctl list-units --failed --plain --no-legend --no-pager | awk '{ print $1 }'
}

listening_ports() {
  command -v ss >/dev/null 2>&1 || return 127
  ss -H -l -n -t -u | awk '{ print $1 "\t" $5 }' | LC_ALL=C sort -u
}

# By the time of the entry: the file itself carries the time of its package.
new_conffiles() {
  find /etc -xdev -cnewer "$work/began" -type f \
    \( -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' -o -name '*.ucf-new' \)
}

reboot_flag() {
  [ -e /run/reboot-required ] || { echo 'set=no'; return 0; }
  echo 'set=yes'
  [ ! -f /run/reboot-required.pkgs ] || sort -u /run/reboot-required.pkgs | sed 's/^/package=/'
}

space() { df -P -k / /var /boot 2>/dev/null; }

# -------------------------------------------------------------------------------------------------------------- the run
simulate() {
  transaction_simulate >"$work/simulation" 2>"$work/simulation.err" || {
    code=$?
    cat "$work/simulation.err"
    return "$code"
  }
  transaction_lines "$work/simulation" >"$work/lines"
}

# finish CODE: the facts after, whatever happened, and the end
finish() {
  keep after inventory
  keep failed_after failed_units
  keep ports_after listening_ports
  keep conffiles new_conffiles
  keep audit dpkg --audit
  keep reboot_flag reboot_flag
  keep space space
  exit "$1"
}

# Naming packages on the command line makes apt take them for chosen by hand; what was automatic stays automatic.
restore_marks() {
  [ "$SCOPE" != all ] || return 0
  apt-mark showauto | LC_ALL=C sort >"$work/auto.after"
  LC_ALL=C comm -23 "$work/auto" "$work/auto.after" >"$work/auto.lost"
  xargs -r apt-mark auto <"$work/auto.lost"
}

step check
: >"$work/began"
keep before inventory || finish 100
keep failed_before failed_units
keep ports_before listening_ports
apt-mark showauto | LC_ALL=C sort >"$work/auto"
simulate || finish "$?"
confirm_plan "$work/lines"

step download
set -- -o DPkg::Lock::Timeout="$LOCK_WAIT" -o APT::Status-Fd=3
[ "$NO_REMOVE" != 1 ] || set -- --no-remove "$@"
transaction_apt "$@" --download-only 3>>"$SU_DIR/progress" || finish "$?"

step install
# The last look: what happened since the plan was confirmed, happened to it.
simulate || finish "$?"
confirm_plan "$work/lines"
transaction_apt "$@" 3>>"$SU_DIR/progress"
code=$?
restore_marks

step verify
finish "$code"
