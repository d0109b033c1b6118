#!/bin/sh
# shellcheck disable=SC2086,SC2317 # names of units hold no space; functions are called through `keep`
# Restarts services, one after the other, detached: it does not matter to it when sshd is among them. Goes after changes.sh
# (step, keep, confirm_plan), apt-facts.sh and service-facts.sh.

work=$(mktemp -d /run/system-update-services.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
: >"$work/codes"

codes() { cat "$work/codes"; }

# Until none of them is on its way any more; systemd itself ends what does not come up.
settle() {
  tries=0
  while [ "$tries" -lt 100 ] && unit_states $UNITS | grep -qE '^ActiveState=(activating|deactivating|reloading)$'; do
    sleep 0.2
    tries=$((tries + 1))
  done
}

step check
keep before unit_states $UNITS || exit 70
keep failed_before failed_units
service_lines >"$work/lines"
confirm_plan "$work/lines"

step restart
for unit in $UNITS; do
  echo "Restarting $unit"
  code=0
  timeout -k 5 180 systemctl restart -- "$unit" || code=$?
  echo "$unit $code" >>"$work/codes"
done

step verify
settle
# What cannot run is active for a moment all the same: until its program is looked for, or says why it ends.
sleep 3
settle
keep after unit_states $UNITS
keep failed_after failed_units
keep codes codes
