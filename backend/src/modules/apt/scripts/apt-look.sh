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
    case $comm in
      vzdump) printf 'backup=%s\n' "$f" ;;
      # What the scheduler or the portal of Proxmox begins carries the name of its task, of which this is cut off.
      'task UPID:'*)
        task=
        read -r task 2>/dev/null <"${f%comm}cmdline"
        case $task in *:vzdump:*) printf 'backup=%s\n' "$f" ;; esac
        ;;
    esac
  done
}

# backups_run FILE: true while a backup runs on this Proxmox host; FILE then says which. Of other machines nothing is asked.
backups_run() {
  plan_backups >"$1"
  while read -r found; do
    case $found in backup=*) return 0 ;; esac
  done <"$1"
  return 1
}

plan_clock() { date +%s; }

# By what this machine, and every server of PostgreSQL on it, can be told apart: does this program, or its database, run here?
plan_itself() {
  [ ! -r /etc/machine-id ] || printf 'machine_id=%s\n' "$(cat /etc/machine-id)"
  plan_databases
}

# Of each server, in containers too, the identifier of its cluster and when it was started (seconds since 1970); then `databases=all`
# where none could hide. A server works in the folder of its cluster. What follows another server is only its copy.
plan_databases() {
  hidden=
  for process in /proc/[0-9]*; do
    read -r comm 2>/dev/null <"$process/comm" || continue
    case $comm in postgres | postmaster) ;; *) continue ;; esac
    plan_server "$process" || continue
    identifier=$(od -An -t u8 -N 8 "$process/cwd/global/pg_control" 2>/dev/null | tr -d ' ')
    started=$(sed -n 3p "$process/cwd/postmaster.pid" 2>/dev/null)
    if [ -n "$identifier" ] && [ -n "$started" ]; then
      printf 'database=%s %s\n' "$identifier" "$started"
    elif [ -e "$process/comm" ]; then
      hidden=yes
    fi
  done
  [ -n "$hidden" ] || echo databases=all
}

# plan_server PROCESS: it lives, was not started by one that works in the same folder, and follows no other server
plan_server() {
  parent=0
  state=
  while read -r key value _; do
    case $key in State:) state=$value ;; PPid:) parent=$value ;; esac
  done 2>/dev/null <"$1/status"
  [ "$state" != Z ] || return 1
  folder=$(stat -Lc %d:%i "$1/cwd" 2>/dev/null)
  if [ -n "$folder" ] && [ "$folder" = "$(stat -Lc %d:%i "/proc/$parent/cwd" 2>/dev/null)" ]; then return 1; fi
  [ ! -e "$1/cwd/standby.signal" ] && [ ! -e "$1/cwd/recovery.conf" ]
}
