# shellcheck shell=bash
# One supervisor per machine plays the hardware: switches it on, and on again after a reboot, until it is powered off.

uptime_seconds() { cut -d. -f1 /proc/uptime; }

# The time namespace starts the machine's clock since boot near zero.
power_on() { # NAME FOLDER
  local offset
  offset=$(($(uptime_seconds) - 1))
  cat /proc/sys/kernel/random/uuid >"$2/boot-id"
  setpriv --pdeathsig KILL unshare --time --boottime "-$offset" --fork --kill-child --pid --mount --uts --ipc --cgroup \
    --propagation private bash "$FLEET_HOME/fleet" __boot "$1" &
  MACHINE_PID=$!
  record_process "$2/machine.process" "$MACHINE_PID"
  echo running >"$2/state"
}

# What the end of process 1 means. 64 and 65 are our init's; 129 and 130 are how the kernel reports reboot(2) and
# power-off inside a process namespace; a killed process 1 is a power cut, which util-linux before 2.39 reports as 1.
meaning_of_end() { # STATUS SECONDS_UP
  case $1 in
    64 | 129 | 137) echo reboot ;;
    65 | 130) echo off ;;
    1) if [ "$2" -ge 2 ]; then echo reboot; else echo failed; fi ;;
    *) echo failed ;;
  esac
}

supervise() { # NAME
  local folder=$MACHINES/$1 status since meaning
  trap 'kill -KILL "$MACHINE_PID" 2>/dev/null; exit 0' TERM
  while :; do
    since=$(uptime_seconds)
    power_on "$1" "$folder"
    wait "$MACHINE_PID"
    status=$?
    meaning=$(meaning_of_end "$status" $(($(uptime_seconds) - since)))
    echo "$(date -Is) process 1 ended with $status: $meaning"
    case $meaning in
      reboot)
        echo rebooting >"$folder/state"
        sleep "$FLEET_BOOT_DELAY"
        ;;
      off)
        echo off >"$folder/state"
        exit 0
        ;;
      *)
        echo "failed ($status)" >"$folder/state"
        exit 1
        ;;
    esac
  done
}
