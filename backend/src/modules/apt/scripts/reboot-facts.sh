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

# The cluster of a Proxmox host, the same words on each of its hosts: its own authority tells it from others of that name. Of one
# cluster never two hosts are restarted at once.
cluster_line() {
  [ -r /etc/pve/corosync.conf ] || return 0
  authority=-
  [ ! -r /etc/pve/pve-root-ca.pem ] || authority=$(sha256sum /etc/pve/pve-root-ca.pem | cut -c 1-16)
  printf 'cluster %s %s\n' "$authority" "$(sed -n 's/^[[:space:]]*cluster_name:[[:space:]]*//p' /etc/pve/corosync.conf | head -n 1)"
}

# The cluster of a Proxmox host; parsers/proxmox-cluster.ts reads it.
migrations() {
  command -v pveversion >/dev/null 2>&1 || return 127
  timeout 30 pvesh get /cluster/tasks --output-format json
}

# Its exit status says the same once more. The second file is the host's own copy, which is there where the cluster's file system is not.
quorum() {
  command -v pveversion >/dev/null 2>&1 || return 127
  if [ -e /etc/pve/corosync.conf ] || [ -e /etc/corosync/corosync.conf ]; then LC_ALL=C timeout 30 pvecm status || :; else echo alone; fi
}

ha() {
  command -v pveversion >/dev/null 2>&1 || return 127
  LC_ALL=C timeout 30 ha-manager status
}

# cluster_refuses FOLDER: why this host must not leave its cluster at this moment; nothing where it may. Of a cluster that does not
# answer nobody knows whether it may. The same as reboot/cluster-checks.ts calls blocked, which finds the words for it in what is left in FOLDER. The plan may be hours old:
# another host may not have come back, and guests may be on their way.
cluster_refuses() {
  command -v pveversion >/dev/null 2>&1 || return 0
  for part in migrations quorum ha; do
    "$part" >"$1/$part" 2>/dev/null </dev/null || : >"$1/$part"
  done
  for part in migrations quorum ha; do
    if [ -s "$1/$part" ] || [ "$(cat "$1/quorum")" = alone ]; then
      "${part}_refuse" <"$1/$part"
    else
      echo "the cluster does not say what it is like ($part)"
    fi
  done
}

# Tasks that have ended say when and how. What does not begin like a task is the rest of one with a brace in its words.
migrations_refuse() {
  awk 'BEGIN { RS = "}" }
    /^[][ \t\n,]*[{]/ && /"type"[ \t\n]*:[ \t\n]*"(qmigrate|vzmigrate|hamigrate|migrateall)"/ && !/"(endtime|status)"[ \t\n]*:/ { moving = 1 }
    END { if (moving) print "guests are being moved between hosts" }'
}

quorum_refuse() {
  awk '
    /^Quorate:/ { quorate = $2 }
    /^Expected votes:/ { expected = $3 }
    /^Total votes:/ { present = $3 }
    /^Quorum:/ { needed = $2 }
    /^0x.*\(local\)/ { own = $2 }
    END {
      if (quorate == "No") print "the cluster has no quorum"
      else if (own != "" && present - own < needed + 0 && present + 0 < expected + 0)
        print "hosts of the cluster are missing, and without this one it would have no quorum"
    }'
}

ha_refuse() {
  awk '
    /^quorum / && !/^quorum OK *$/ { print "high availability has no quorum" }
    /^service / {
      state = $0
      sub(/^service [^ ]+ \([^,]*, */, "", state)
      sub(/[,)].*/, "", state)
      if (state ~ /^(migrate|relocate|recovery|fence|request_start|request_start_balance|request_stop)$/) busy = 1
    }
    END { if (busy) print "high availability is at work" }'
}

# The confirmed form, one line each: this machine in this boot, what it runs, and what it could boot. $work/status is there.
reboot_lines() {
  {
    printf 'machine %s\noption wait %s\n' "$MACHINE_ID" "$WAIT_SECONDS"
    printf 'boot %s\nkernel running %s\n' "$(this_boot)" "$(uname -r)"
    cluster_line
    kernels | awk -F '\t' '
      $1 == "pin" { print "kernel chosen " $2 }
      $1 == "kernel" { print "kernel installed " $2 " " ($5 == "" ? "-" : $5) " " ($6 == "" ? "-" : $6) }'
  } | LC_ALL=C sed 's/[^ -~]/?/g; s/ *$//'
}
