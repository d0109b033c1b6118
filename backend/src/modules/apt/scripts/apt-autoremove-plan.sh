#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# shellcheck disable=SC2154 # $work is set in 10-work.sh
# Plans the removal of what nothing needs any more. Goes after 10-work.sh and 40-machine.sh of apt-update-analyze/,
# apt-transaction.sh, apt-look.sh and apt-autoremove-lines.sh. Changes nothing.

autoremove_simulation() {
  autoremove_simulate
  code=$?
  cat "$work/simulation"
  return "$code"
}

# Everything that stays although apt alone would remove it, and the kernels that apt keeps by itself: name, version, reason.
autoremove_kept() {
  awk '$1 == "Remv" { print $2 "\t-" }' "$work/simulation" >"$work/gone"
  awk '$1 == "Remv" { v = $3; gsub(/[][]/, "", v); print $2 "\t" v }' "$work/simulation.all" >"$work/all"
  awk -F '\t' '
    FILENAME ~ /keep$/ { why[$1] = $2; next }
    FILENAME ~ /gone$/ { gone[$1] = 1; next }
    !($1 in gone) { print $1 "\t" $2 "\t" ($1 in why ? why[$1] : "needed_by_kept") }' "$work/keep" "$work/gone" "$work/all"
  [ "$(autoremove_own_kernel)" = yes ] || return 0
  while IFS='	' read -r _ release; do
    owner=$(dpkg-query -S "/boot/vmlinuz-$release" 2>/dev/null | sed -n 's/: .*//p' | head -n 1)
    cut -f 1 "$work/all" | grep -qxF "$owner" && continue
    why=$(autoremove_why "$release")
    # shellcheck disable=SC2016 # the ${…} is dpkg-query's
    printf '%s\t%s\t%s\n' "$owner" "$(dpkg-query -W -f '${Version}' "$owner")" "${why:-kept_by_apt}"
  done <"$work/kernels"
}

# What the removals give back, in KiB.
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
autoremove_sizes() {
  awk '$1 == "Remv" { print $2 }' "$work/simulation" |
    xargs -r dpkg-query -W -f '${Package}\t${Architecture}\t${Version}\t${Installed-Size}\t${source:Package}\n'
}

transaction_environment
take_status
section autoremove_simulation autoremove_simulation
section autoremove_lines autoremove_lines
section autoremove_kept autoremove_kept
section autoremove_sizes autoremove_sizes
section environment environment
section dpkg_state dpkg_state
section dpkg_updates dpkg_updates
section co_managers co_managers
section plan_locks plan_locks
section plan_sudo plan_sudo
section plan_backups plan_backups
section plan_itself plan_itself
exit 0
