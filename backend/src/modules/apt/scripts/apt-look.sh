#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# The look before a change of packages, in one place: who holds locks, what else is at work, which machine this is.

# Who holds the locks of apt and dpkg, by the kernel's list: name of the lock, process, its command. Other file systems have
# files of the same number: whose process lives here has to have this very file open.
plan_locks() {
  for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/cache/apt/archives/lock /var/lib/apt/lists/lock; do
    [ -e "$lock" ] || continue
    inode=$(stat -c %i "$lock")
    awk -v inode="$inode" '{ split($6, part, ":"); if (part[3] == inode && $2 != "->") print $5 }' /proc/locks |
      while read -r process; do
        has_open "$process" "$lock" || continue
        command=$(cat "/proc/$process/comm" 2>/dev/null) || command=
        printf '%s\t%s\t%s\n' "$lock" "$process" "$command"
      done
  done
}

# has_open PROCESS FILE: true also of a process that cannot be looked into
has_open() {
  [ -r "/proc/$1/fd" ] || return 0
  for opened in "/proc/$1/fd"/*; do
    # shellcheck disable=SC3013 # -ef is known to dash and bash, which Debian has for sh
    [ "$opened" -ef "$2" ] && return 0
  done
  return 1
}

# Which rights this run has and by whose sudo: those of the change will be the same.
plan_sudo() { printf 'uid=%s\nuser=%s\n' "$(id -u)" "${SUDO_USER-}"; }

# A backup that runs on a Proxmox host freezes guests; a change of its packages would meet it.
plan_backups() {
  command -v pveversion >/dev/null 2>&1 || { echo 'proxmox=no'; return 0; }
  echo 'proxmox=yes'
  for f in /proc/[0-9]*/comm; do
    read -r comm 2>/dev/null <"$f" || continue
    [ "$comm" != vzdump ] || printf 'backup=%s\n' "$f"
  done
}

plan_clock() { date +%s; }

# Addresses of this machine and the installations that it belongs to: is it the one that runs this program itself?
plan_itself() {
  [ ! -r /etc/machine-id ] || printf 'machine_id=%s\n' "$(cat /etc/machine-id)"
}
