#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# shellcheck disable=SC2154 # $work is a folder of the script that this goes ahead of
# What `apt_repair` would do, in one place: the plan prints it, the run prints it again just before it begins. Goes after
# apt-transaction.sh and apt-auto-marks.sh. Parameter: MACHINE_ID.

# shellcheck disable=SC2034 # for transaction_lines
MODE=repair SCOPE=all

repair_apt() {
  apt-get -q -y -o APT::Color=0 -o Dpkg::Use-Pty=0 -o Dpkg::Progress-Fancy=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o "$transaction_removals" "$@" --fix-broken install
}

# Packages that dpkg began with and did not end: state, package, version.
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
repair_unfinished() {
  dpkg-query -W -f '${db:Status-Abbrev}\t${binary:Package}\t${Version}\n' >"$work/all" || return
  awk -F '\t' 'substr($1, 2, 1) !~ /[inc]/ || substr($1, 3, 1) == "R"' "$work/all"
}

# Files of a dpkg run that was cut off before it wrote its list.
repair_journal() { find /var/lib/dpkg/updates -maxdepth 1 -type f -name '[0-9]*'; }

# repair_lines FILE: the confirmed form; FILE is what the simulation printed
repair_lines() {
  repair_unfinished >"$work/unfinished" || return
  repair_journal >"$work/journal" || return
  auto_marks_pending >"$work/pending" || return
  transaction_lines "$1" || return
  [ ! -s "$work/journal" ] || echo 'journal finish'
  LC_ALL=C awk -F '\t' '{
    verb = substr($1, 2, 1) == "H" || substr($1, 3, 1) == "R" ? "incomplete" : "configure"
    print verb " " $2 " " ($3 == "" ? "-" : $3)
  }' "$work/unfinished" | transaction_coded
  sed 's/^/auto /' "$work/pending"
}

# Nothing is left to repair: dpkg finds nothing wrong, no journal waits, and apt finds every dependency met.
repair_whole() {
  dpkg --audit >"$work/audit" && cat "$work/audit" || return
  repair_journal
  apt-get -q check -o APT::Color=0 && [ ! -s "$work/audit" ]
}
