#!/bin/sh
# shellcheck disable=SC2034,SC2154,SC2317 # $work is of the script that this goes ahead of, which calls what stands here
# What a run that changes packages keeps as its proof: the machine before and after. Goes after changes.sh (keep) and
# 40-machine.sh and 50-history.sh of apt-update-analyze/.

# shellcheck disable=SC2016 # the ${…} are dpkg-query's
inventory() { dpkg-query -W -f '${db:Status-Abbrev}\t${binary:Package}\t${Version}\t${Architecture}\n'; }

failed_units() {
  [ -d /run/systemd/system ] || return 127
  systemctl list-units --failed --plain --no-legend --no-pager | awk '{ print $1 }'
}

listening_ports() {
  command -v ss >/dev/null 2>&1 || return 127
  ss -H -l -n -t -u | awk '{ print $1 "\t" $5 }' | LC_ALL=C sort -u
}

# By the time of the entry: the file itself carries the time of its package.
new_conffiles() {
  find /etc -xdev -cnewer "$work/began" -type f \
    \( -name '*.dpkg-dist' -o -name '*.dpkg-new' -o -name '*.ucf-dist' -o -name '*.ucf-new' \)
}

# What the new ones change, as far as everybody on the machine may read both files: others may hold secrets.
conffile_changes() {
  new_conffiles | while IFS= read -r new; do
    kept=${new%.*}
    printf 'file\t%s\n' "$new"
    if [ ! -f "$kept" ] || [ -n "$(find -L "$new" "$kept" -maxdepth 0 ! -perm -o=r)" ]; then
      echo hidden
      continue
    fi
    diff -u --label "$kept" --label "$new" "$kept" "$new" >"$work/difference"
    head -n 200 "$work/difference" | cut -c 1-500 | sed 's/^/	/'
    [ "$(wc -l <"$work/difference")" -le 200 ] || echo cut
  done
}

# Kernel and microcode only: its look at every process takes seconds, and the analysis afterwards takes it.
needrestart_kernel() {
  command -v needrestart >/dev/null 2>&1 || return 127
  timeout -k 5 60 needrestart -b -k -w
}

# What the analysis asks to tell whether a machine needs a restart. The mark of a package alone does not: many never leave one.
keep_reboot() {
  take_status
  keep environment environment
  keep reboot_flag reboot_flag
  keep kernels kernels
  keep container container
  keep init_maps init_maps
  keep needrestart needrestart_kernel
}

# File systems without a free inode: what fails there speaks of space.
inodes_gone() { df -P -i -l 2>/dev/null | awk 'NR > 1 && $2 > 0 && $4 == 0 { print $6 }'; }

# Of a container that may not do all that a machine may: `users` are mapped, `devices` cannot be made, `modules` not loaded.
# Scripts of packages fail in one for reasons of its own.
confinement() {
  awk 'NR == 1 && ($1 != 0 || $2 != 0 || $3 < 4294967295) { print "users" }' /proc/self/uid_map
  bounds=0x$(sed -n 's/^CapBnd:[ \t]*//p' /proc/self/status)
  [ $((bounds >> 27 & 1)) = 1 ] || echo devices
  [ $((bounds >> 16 & 1)) = 1 ] || echo modules
}

# Files of a dpkg run that was cut off before it wrote its list: its audit knows nothing of them.
dpkg_journal() { find /var/lib/dpkg/updates -maxdepth 1 -type f -name '[0-9]*'; }

# What apt and dpkg wrote down since the run began, whoever it was; of apt what was at work then, too.
keep_history() {
  began=$(stat -c %Y "$work/began") || return
  HISTORY_SINCE=$((began - 3600))
  keep began echo "$began"
  keep apt_worked lines_of_work
  keep apt_history apt_history
  keep dpkg_history dpkg_history
}

# Lines by which our apt has told that dpkg works.
lines_of_work() {
  work_told=${SU_DIR:-/var/lib/system-update/runs/$RUN_ID}/progress
  if [ -e "$work_told" ]; then awk '/^pmstatus:/ { lines++ } END { print lines + 0 }' "$work_told"; else echo 0; fi
}

# facts_before: what the machine is like now; fails where that cannot be told
facts_before() {
  : >"$work/began"
  keep before inventory || return
  keep failed_before failed_units
  keep ports_before listening_ports
  return 0
}

facts_after() {
  keep after inventory
  # After the list: what is in it and came from others stands there.
  keep_history
  keep failed_after failed_units
  keep ports_after listening_ports
  # Without the moment at which it began nobody can tell which are new.
  if [ -e "$work/began" ]; then
    keep conffiles new_conffiles
    keep conffile_changes conffile_changes
  fi
  keep audit dpkg --audit
  keep journal dpkg_journal
  keep_reboot
  keep inodes_gone inodes_gone
  keep confinement confinement
}

# failed_here CODE: the present step is the one that failed, unless CODE is 0
failed_here() { [ "$1" = 0 ] || keep failed_step echo "$SU_STEP"; }

# finish CODE: the facts after, whatever happened, and the end
finish() {
  failed_here "$1"
  facts_after
  exit "$1"
}

# refuse_backups: ends the run before it changes anything where a backup runs on this Proxmox host. Goes after apt-look.sh.
refuse_backups() {
  backups_run "$work/backups" || return 0
  echo 'system-update: a backup of a guest is running on this Proxmox host; nothing is changed'
  keep refused.backup cat "$work/backups"
  finish 75
}
