# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317 # one script with the others of this folder; functions are called through `section`
# 50-history.sh - what apt and dpkg wrote down about changes since HISTORY_SINCE, oldest first. Their logs hold the machine's
# local time; what is printed are seconds since 1970.

# written FOLDER NAME: the whole log, rotated parts first, as far as it was written to since then.
written() {
  find "$1" -maxdepth 1 -type f -name "$2*" -newermt "@$HISTORY_SINCE" -print | sort -rV | xargs -r -d '\n' zcat -f
}

# in_seconds FILE: the local times of a file, one a line, as seconds; fails when one of them is none.
in_seconds() {
  date -f "$1" +%s >"$1.seconds" || return 65
  [ "$(wc -l <"$1")" = "$(wc -l <"$1.seconds")" ] || return 65
}

# A run of apt belongs to the moment at which it ended; half of one would leave its steps in the log of dpkg to nobody.
apt_history() {
  since=$(date -d "@$HISTORY_SINCE" '+%Y-%m-%d  %H:%M:%S') || return
  written /var/log/apt history.log | awk -v since="$since" '
    function tell() { if (entry != "" && last >= since) print entry; entry = "" }
    /^(Start|End)-Date: / {
      if (/^Start/) { tell(); reading = 1 }
      if (!/^(Start|End)-Date: [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]  [0-9][0-9]:[0-9][0-9]:[0-9][0-9]$/) reading = 0
      if (reading) last = substr($0, index($0, " ") + 1)
    }
    reading { entry = (entry == "" ? "" : entry "\n") $0 }
    END { tell() }' >"$work/history"
  sed -n 's/^[SE][tn][a-z]*-Date: //p' "$work/history" >"$work/history.times"
  in_seconds "$work/history.times" || return
  awk -v times="$work/history.times.seconds" '
    /^(Start|End)-Date: / { getline seconds <times; print $1 " " seconds; next }
    { print }' "$work/history"
}

# <seconds> <install|upgrade|remove> <name:architecture> <version before> <version after>, and `direct` where dpkg was told to install
# archives: apt has it unpack and configure them. dpkg writes a step down before it tries it: `begun` where the package's state did not
# become that of the step, as with a preinst that fails. A package that changes to or from `all` has its new name in its state alone.
dpkg_history() {
  since=$(date -d "@$HISTORY_SINCE" '+%Y-%m-%d %H:%M:%S') || return
  written /var/log dpkg.log | awk -v since="$since" '
    function name_of(package) { sub(/:[^:]*$/, "", package); return package }
    function is_all(package) { return package ~ /:all$/ }
    # The step that a state is of; an older one of the same package is past.
    function step_of(package,  step, other) {
      step = (package in latest) ? latest[package] : 0
      other = (name_of(package) in by_name) ? by_name[name_of(package)] : 0
      return other > step && (is_all(package) || is_all(of[other])) ? other : step
    }
    $3 == "startup" { direct = $4 == "archives" && $5 == "install" ? " direct" : "" }
    $3 ~ /^(install|upgrade|remove)$/ && NF == 6 && $1 " " $2 >= since &&
      $1 " " $2 ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]$/ {
      told[++steps] = $0 direct
      of[steps] = $4
      aim[steps] = $3 == "remove" ? "" : $6
      latest[$4] = by_name[name_of($4)] = steps
    }
    $3 == "status" && NF == 6 {
      step = step_of($5)
      if (aim[step] == "" ? $4 ~ /^(config-files|not-installed)$/ \
          : $4 ~ /^(unpacked|half-configured|triggers-awaited|triggers-pending|installed)$/ && $6 "" == aim[step] "") done[step] = 1
    }
    END { for (step = 1; step <= steps; step++) print told[step] (step in done ? "" : " begun") }' >"$work/dpkg-history"
  cut -d ' ' -f 1,2 "$work/dpkg-history" >"$work/dpkg-history.times"
  in_seconds "$work/dpkg-history.times" || return
  cut -d ' ' -f 3- "$work/dpkg-history" | paste -d ' ' "$work/dpkg-history.times.seconds" - | tr ' ' '\t'
}
