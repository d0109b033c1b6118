#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# What the plan of `apt_upgrade` needs besides the analysis: the transaction itself, and the look before it. Goes after
# apt-transaction.sh and apt-look.sh and ahead of those of apt-update-analyze/. Asks no repository and changes nothing.

plan_simulation() {
  transaction_environment
  transaction_simulate >"$plan_work/simulation"
  code=$?
  cat "$plan_work/simulation"
  return "$code"
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
