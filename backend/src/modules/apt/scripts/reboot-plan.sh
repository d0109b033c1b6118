#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# What the plan of `reboot` asks for. Goes after apt-facts.sh, 10-work.sh and 40-machine.sh of apt-update-analyze/,
# apt-look.sh and reboot-facts.sh. Changes nothing. Parameters: MACHINE_ID, WAIT_SECONDS

virtualization() {
  command -v systemd-detect-virt >/dev/null 2>&1 || return 127
  systemd-detect-virt || [ $? = 1 ]
}

guard() { [ -d /etc/molly-guard/run.d ] && echo 'guard=yes' || echo 'guard=no'; }

# Who is signed in, beside this very run: name, terminal, from where.
users() { who; }

# Guests of a Proxmox host that run: kind, number, name.
guests() {
  command -v pveversion >/dev/null 2>&1 || return 127
  timeout 30 qm list | awk '$3 == "running" { print "vm\t" $1 "\t" $2 }'
  timeout 30 pct list | awk '$2 == "running" { print "container\t" $1 "\t" $NF }'
}

section environment environment
section dpkg_state dpkg_state
section dpkg_updates dpkg_updates
section dpkg_audit dpkg --audit
section reboot_flag reboot_flag
section kernels kernels
section container container
section init_maps init_maps
section needrestart needrestart_batch
section plan_lines reboot_lines
section plan_boot boot_facts
section plan_virtualization virtualization
section plan_inhibitors inhibitors
section plan_guard guard
section plan_users users
section plan_guests guests
section plan_migrations migrations
section plan_quorum quorum
section plan_ha ha
section plan_failed failed_units
section plan_locks plan_locks
section plan_backups plan_backups
section plan_itself plan_itself
