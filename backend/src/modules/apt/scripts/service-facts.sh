#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# What plan and run of `service_restart` know in common. Parameters: MACHINE_ID, UNITS names with a space between each two

# The nerves of the machine, the way to it, the sessions of people, and our own runs: whoever restarts them cuts off more
# than the service. What they run is new after a reboot.
is_vital() {
  case $1 in
    dbus.service | dbus-broker.service | systemd-logind.service | user@*.service | user-runtime-dir@*.service) return 0 ;;
    getty@*.service | serial-getty@*.service | gdm.service | gdm3.service | lightdm.service | sddm.service) return 0 ;;
    networking.service | wpa_supplicant.service | wpa_supplicant@*.service | system-update-*) return 0 ;;
  esac
  return 1
}

# unit_states UNIT…: one block for each, an empty line between each two
unit_states() {
  [ "$#" -gt 0 ] || return 0
  systemctl show --no-pager -p Id -p Description -p LoadState -p ActiveState -p SubState -p MainPID -p InvocationID \
    -p RefuseManualStart -p RefuseManualStop -- "$@"
}

# The confirmed form: each unit with the invocation that would end. A service that was restarted meanwhile is another one.
service_lines() {
  printf 'machine %s\n' "$MACHINE_ID"
  # shellcheck disable=SC2086 # names of units hold no space
  unit_states $UNITS | LC_ALL=C awk '
    function out() { if (id != "") print "restart " id " " (invocation == "" ? "-" : invocation); id = invocation = "" }
    /^Id=/ { id = substr($0, 4) }
    /^InvocationID=/ { invocation = substr($0, 14) }
    /^$/ { out() }
    END { out() }' | LC_ALL=C sed 's/[^ -~]/?/g'
}
