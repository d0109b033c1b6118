#!/bin/sh
# shellcheck disable=SC2034,SC2317 # every function is called through `section`; PINS and work_archives are of others
# What the plan of `apt_upgrade` needs besides the analysis: the transaction itself, and the look before it. Goes after
# apt-transaction.sh, apt-archives.sh, apt-sizes.sh and apt-look.sh and ahead of those of apt-update-analyze/. Asks no
# repository and changes nothing.

plan_simulation() {
  transaction_environment
  transaction_simulate >"$plan_work/simulation"
  code=$?
  cat "$plan_work/simulation"
  return "$code"
}

plan_lines() {
  transaction_lines "$plan_work/simulation" >"$plan_work/lines"
  code=$?
  cat "$plan_work/lines"
  return "$code"
}

# Which of the installed versions that would be replaced a repository still offers. apt writes the architecture behind a name
# where it is foreign, here and there.
plan_rollback() {
  awk '/^Inst / && $3 ~ /^\[/ { v = $3; sub(/^\[/, "", v); sub(/\]$/, "", v); print $2 "\t" v }' "$plan_work/simulation" >"$plan_work/old"
  cut -f 1 "$plan_work/old" | xargs -r apt-cache madison >"$plan_work/madison" || return
  awk -F '\t' '
    FILENAME ~ /madison$/ { split($0, part, "|"); gsub(/ /, "", part[1]); gsub(/ /, "", part[2]); known[part[1] " " part[2]] = 1; next }
    { print $1 "\t" $2 "\t" (($1 " " $2) in known ? "yes" : "no") }' \
    "$plan_work/madison" "$plan_work/old"
}

# What kernels take where they are booted from, copies for firmware that reads nothing else included: bytes, file.
plan_kernel_files() {
  for folder in /boot /boot/firmware /boot/efi; do
    [ -d "$folder" ] || continue
    # Copies lie under names of their own, those of systemd-boot and Proxmox in folders of the kernel.
    if [ "$folder" = /boot/efi ]; then depth=4; else depth=1; fi
    find "$folder" -maxdepth "$depth" -type f \
      \( -name 'vmlinu[xz]*' -o -name 'initrd*' -o -name 'initramfs*' -o -name 'kernel*.img' -o -name linux \
      -o -name 'System.map-*' -o -name 'config-*' \) -printf '%s\t%p\n' || return
  done
}

# Files of packages that would be replaced or removed, by their own names in `paths`; in `replaced` as if all lay outside /usr,
# since what runs may have opened them by either name.
plan_replaced() {
  awk '$1 ~ /^(upgrade|downgrade|remove)$/ { sub(/:all$/, "", $2); print $2 }' "$plan_work/lines" |
    xargs -r dpkg-query -L >"$plan_work/paths" || return
  sed 's|^/usr/|/|' "$plan_work/paths" >"$plan_work/replaced"
}

# What process 1 is, and which of these files it has open, with their packages: it goes on with the old ones until a restart.
plan_init() {
  printf 'init\t%s\n' "$(cat /proc/1/comm)"
  plan_replaced || return
  cat /proc/1/maps >"$plan_work/init" || return
  awk '
    FILENAME ~ /paths$/ { path = $0; sub(/^\/usr\//, "/", path); named[path] = $0; next }
    $6 ~ /^\/(usr\/)?(lib|lib64|libexec|sbin|bin)\// {
      sub(/^\/usr\//, "/", $6)
      if ($6 in named) print named[$6]
    }' "$plan_work/paths" "$plan_work/init" | LC_ALL=C sort -u >"$plan_work/init-files" || return
  xargs -r -d '\n' dpkg-query -S <"$plan_work/init-files" >"$plan_work/init-owners" || return
  sed -n '/^diversion by /d; s/^\([^/]*\): \(\/.*\)$/file\t\1\t\2/p' "$plan_work/init-owners"
}

# Units whose processes run files that would be replaced or removed, of the processes of this machine itself. Programs that
# only read a file (scripts of an interpreter, say) do not show it, and sessions of people are no services.
plan_services() {
  [ -d /run/systemd/system ] || return 127
  [ -e "$plan_work/replaced" ] || return
  # Of containers the first process of this machine sees the processes, not the files.
  find /proc/[0-9]*/ns/pid -maxdepth 0 -printf '%p\t%l\n' >"$plan_work/spaces" 2>/dev/null
  grep -s '\.service' /proc/[0-9]*/cgroup >"$plan_work/cgroups"
  grep -s '^[^ ]* ..x' /proc/[0-9]*/maps >"$plan_work/maps"
  awk -v own="$(readlink /proc/self/ns/pid)" '
    { split($0, part, "/"); process = part[3]; sub(/:.*/, "", process) }
    FILENAME ~ /spaces$/ { if ($2 == own) here[process] = 1; next }
    FILENAME ~ /cgroups$/ { if ($0 !~ /\/user@/ && match($0, /\/[^\/]+\.service/)) unit[process] = substr($0, RSTART + 1, RLENGTH - 1); next }
    FILENAME ~ /replaced$/ { replaced[$0] = 1; next }
    {
      path = $0
      sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", path); sub(/ \(deleted\)$/, "", path); sub(/^\/usr\//, "/", path)
      if ((process in here) && (process in unit) && (path in replaced)) print unit[process]
    }' "$plan_work/spaces" "$plan_work/cgroups" "$plan_work/replaced" "$plan_work/maps" >"$plan_work/services" || return
  LC_ALL=C sort -u "$plan_work/services"
}

plan_work=$(mktemp -d /run/system-update-plan.XXXXXX 2>/dev/null || mktemp -d) || exit 73
PINS=$plan_work/pins work_archives=$plan_work
section plan_simulation plan_simulation
section plan_lines plan_lines
section plan_rollback plan_rollback
# Sizes of what would come: in the security scope that may be another version than the analysis speaks of.
section plan_records sizes_coming "$plan_work/simulation"
section plan_installed sizes_present "$plan_work/simulation"
section plan_kernel_files plan_kernel_files
section plan_archives archives_facts "$plan_work/lines"
section plan_locks plan_locks
section plan_sudo plan_sudo
section plan_backups plan_backups
section plan_init plan_init
section plan_services plan_services
section plan_clock plan_clock
section plan_itself plan_itself
rm -rf "$plan_work"
