#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# What the plan of `apt_upgrade` needs besides the analysis: the transaction itself, and the look before it. Goes after
# apt-transaction.sh and ahead of those of apt-update-analyze/. Asks no repository and changes nothing.

plan_simulation() {
  transaction_environment
  transaction_simulate >"$plan_work/simulation"
  code=$?
  cat "$plan_work/simulation"
  return "$code"
}

# Who holds the locks of apt and dpkg, by the kernel's list: name of the lock, process, its command.
plan_locks() {
  for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/cache/apt/archives/lock /var/lib/apt/lists/lock; do
    [ -e "$lock" ] || continue
    inode=$(stat -c %i "$lock")
    awk -v inode="$inode" '{ split($6, part, ":"); if (part[3] == inode && $2 != "->") print $5 }' /proc/locks |
      while read -r process; do
        command=$(cat "/proc/$process/comm" 2>/dev/null) || command=
        printf '%s\t%s\t%s\n' "$lock" "$process" "$command"
      done
  done
}

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

# Which of the installed versions that would be replaced a repository still offers.
plan_rollback() {
  awk '$1 == "Inst" && $3 ~ /^\[/ { v = $3; gsub(/[][]/, "", v); print $2 "\t" v }' "$plan_work/simulation" >"$plan_work/old"
  cut -f 1 "$plan_work/old" | xargs -r apt-cache madison >"$plan_work/madison" || return
  awk -F '\t' '
    FILENAME ~ /madison$/ { split($0, part, "|"); gsub(/ /, "", part[1]); gsub(/ /, "", part[2]); known[part[1] " " part[2]] = 1; next }
    { name = $1; sub(/:.*/, "", name); print $1 "\t" $2 "\t" ((name " " $2) in known ? "yes" : "no") }' \
    "$plan_work/madison" "$plan_work/old"
}

plan_work=$(mktemp -d) || exit 73
section plan_simulation plan_simulation
section plan_lines transaction_lines "$plan_work/simulation"
section plan_rollback plan_rollback
section plan_locks plan_locks
section plan_backups plan_backups
section plan_clock plan_clock
section plan_itself plan_itself
rm -rf "$plan_work"
