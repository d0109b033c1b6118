#!/bin/sh
# shellcheck disable=SC2317 # functions are called through `section`
# What the plan of `service_restart` asks for. Goes after apt-facts.sh, apt-look.sh and service-facts.sh; changes nothing.
# Without UNITS the plan is about what needrestart names.

needrestart_services() {
  command -v needrestart >/dev/null 2>&1 || return 127
  timeout -k 5 60 needrestart -b -r l >"$plan_work/needrestart" || return
  sed -n 's/^NEEDRESTART-SVC: *//p' "$plan_work/needrestart" | tee "$plan_work/named"
}

vital_units() {
  for unit in $1; do ! is_vital "$unit" || echo "$unit"; done
}

plan_work=$(mktemp -d /run/system-update-plan.XXXXXX 2>/dev/null || mktemp -d) || exit 73
: >"$plan_work/named"
if [ ! -d /run/systemd/system ]; then
  section plan_system echo no
else
  section plan_system echo yes
  section plan_needrestart needrestart_services
  wanted=${UNITS:-$(cat "$plan_work/named")}
  section plan_vital vital_units "$wanted"
  # shellcheck disable=SC2086 # names of units hold no space
  section plan_units unit_states $wanted
  section plan_failed failed_units
fi
section plan_locks plan_locks
section plan_itself plan_itself
rm -rf "$plan_work"
