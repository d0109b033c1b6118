#!/bin/sh
# shellcheck disable=SC2034,SC2317 # every function is called through `section`; PINS and work_archives are of others
# What the plan of `apt_upgrade` needs besides the analysis: the transaction itself, and the look before it. Goes after
# apt-transaction.sh, apt-archives.sh and apt-look.sh and ahead of those of apt-update-analyze/. Asks no repository and
# changes nothing.

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

# Which of the installed versions that would be replaced a repository still offers.
plan_rollback() {
  awk '/^Inst / && $3 ~ /^\[/ { v = $3; sub(/^\[/, "", v); sub(/\]$/, "", v); print $2 "\t" v }' "$plan_work/simulation" >"$plan_work/old"
  cut -f 1 "$plan_work/old" | xargs -r apt-cache madison >"$plan_work/madison" || return
  awk -F '\t' '
    FILENAME ~ /madison$/ { split($0, part, "|"); gsub(/ /, "", part[1]); gsub(/ /, "", part[2]); known[part[1] " " part[2]] = 1; next }
    { name = $1; sub(/:.*/, "", name); print $1 "\t" $2 "\t" ((name " " $2) in known ? "yes" : "no") }' \
    "$plan_work/madison" "$plan_work/old"
}

# Sizes of what would come: in the security scope that may be another version than the analysis speaks of.
plan_records() {
  awk '/^Inst / { v = $3; if (v ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }' "$plan_work/simulation" |
    xargs -r apt-cache show --no-all-versions | awk '
      function flush() { if (f["Package"] != "") print "P\t" f["Package"] "\t" f["Version"] "\t" f["Architecture"] "\t" f["Size"] "\t" f["Installed-Size"] "\t"; split("", f) }
      /^$/ { flush() }
      /^(Package|Version|Architecture|Size|Installed-Size): / { key = $1; sub(/:$/, "", key); f[key] = $2 }
      END { flush() }'
}

# shellcheck disable=SC2016 # the ${…} are dpkg-query's
plan_installed() {
  cut -f 1 "$plan_work/old" |
    xargs -r dpkg-query -W -f 'I\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${source:Package}\n'
}

plan_work=$(mktemp -d) || exit 73
PINS=$plan_work/pins work_archives=$plan_work
section plan_simulation plan_simulation
section plan_lines plan_lines
section plan_rollback plan_rollback
section plan_records plan_records
section plan_installed plan_installed
section plan_archives archives_facts "$plan_work/lines"
section plan_locks plan_locks
section plan_backups plan_backups
section plan_clock plan_clock
section plan_itself plan_itself
rm -rf "$plan_work"
