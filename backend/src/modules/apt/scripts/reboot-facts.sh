#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# What plan, run and the looks afterwards of `reboot` know in common.

# This boot, told apart from every other: a container has the boot id of its host, but a first process of its own.
this_boot() {
  read -r stat </proc/1/stat || return
  stat=${stat##*) }
  # shellcheck disable=SC2086 # words are wanted
  set -- $stat
  read -r boot_id </proc/sys/kernel/random/boot_id || boot_id=unknown
  printf '%s/%s\n' "$boot_id" "${20}"
}

boot_facts() {
  printf 'now=%s\nboot=%s\nkernel=%s\n' "$(date +%s)" "$(this_boot)" "$(uname -r)"
  read -r uptime _ </proc/uptime
  printf 'uptime=%s\n' "${uptime%%.*}"
  # Its exit status says the same once more: every state but `running` is a failure.
  [ ! -d /run/systemd/system ] || printf 'system=%s\n' "$(timeout 20 systemctl is-system-running)"
}

# What holds a shutdown back, of this manager's two lists: newer ones know locks that bind root and locks that do not.
# Both are the word of somebody who is at work. False when nothing does.
inhibited() {
  [ -d /run/systemd/system ] || return 1
  for list in BlockInhibited BlockWeakInhibited; do
    timeout 20 busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager "$list" 2>/dev/null
  done | grep -E '[":]shutdown[":]'
}

inhibitors() {
  [ -d /run/systemd/system ] || return 127
  timeout 20 busctl --json=short call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager ListInhibitors
}

# The confirmed form, one line each: this machine in this boot, what it runs, and what it could boot. $work/status is there.
reboot_lines() {
  {
    printf 'machine %s\noption wait %s\n' "$MACHINE_ID" "$WAIT_SECONDS"
    printf 'boot %s\nkernel running %s\n' "$(this_boot)" "$(uname -r)"
    kernels | awk -F '\t' '
      $1 == "pin" { print "kernel chosen " $2 }
      $1 == "kernel" { print "kernel installed " $2 " " ($5 == "" ? "-" : $5) " " ($6 == "" ? "-" : $6) }'
  } | LC_ALL=C sed 's/[^ -~]/?/g; s/ *$//'
}
