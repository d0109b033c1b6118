# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317 # one script with the others of this folder; functions are called through `section`
# 30-plans.sh - what each kind of upgrade would do, and what is known of the packages it leaves.

# Conf lines repeat Inst lines; only those that stand alone (half-configured packages) say something. Lines that begin with
# a space go on with a label of the line before.
simulate() {
  name=$1
  shift
  bounded "$name" apt_sim "$@"
  rc=$?
  awk '/^Inst /{ seen[$2] = 1 } /^Conf / && ($2 in seen) { again = 1; next } again && /^[ \t]/ { next } { again = 0 } /^(Reading|Building|Calculating) /{ next } { print }' "$work/$name"
  return "$rc"
}

installs_of() { awk '/^Inst / { print $2 }' "$@" 2>/dev/null; }

# name=version of every package that a plan would put on the machine
targets_of() {
  awk '/^Inst / { v = $3; if (v ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }' "$@" 2>/dev/null | sort -u
}

installed_names() { awk -F '\t' 'substr($1, 2, 1) !~ /[nc]/ { print $2 }' "$work/status"; }

# Blocks of `apt-cache policy` for packages that are not at the newest known version, whatever the reason.
policy_packages() {
  { installed_names; installs_of "$work/sim_dist"; } | sort -u |
    bounded policy.all xargs -r apt-cache policy
  rc=$?
  awk '
    function flush() { if (block != "" && keep) printf "%s", block; block = ""; keep = 0; table = 0; installed = "" }
    /^[^ ]/ { flush() }
    { block = block $0 "\n" }
    /^  Installed: / { installed = $2; if (installed == "(none)") keep = 1 }
    /^  Candidate: / { if ($2 != installed) keep = 1 }
    /^ \*\*\* / { table = 2 }
    table == 1 && /^     [^ ]/ { if ($1 != installed) keep = 1 }
    /^  Version table:/ { table = 1 }
    END { flush() }' "$work/policy.all" | tee "$work/policy"
  return "$rc"
}

# Packages with a candidate that no plan takes, held ones apart: "name=version" a line.
unplanned() {
  [ "$(cat "$work/sim_dist.rc" 2>/dev/null)" = 0 ] || return 0
  { installs_of "$@" | sed 's/^/planned /'; sed 's/^/planned /' "$work/holds"; cat "$work/policy"; } | awk '
    /^planned / { planned[$2] = 1; next }
    /^[^ ].*:$/ { name = substr($0, 1, length($0) - 1) }
    /^  Installed: / { installed = $2 }
    /^  Candidate: / { if (installed != "(none)" && $2 != "(none)" && $2 != installed && !(name in planned)) print name "=" $2 }'
}

simulate_phased() {
  grep -q '(phased [0-9]*%)' "$work/policy" || { echo 'nothing is phased'; return 0; }
  simulate sim_phased -o APT::Get::Always-Include-Phased-Updates=1 dist-upgrade
}

# What apt says when such a package is asked for alone, phasing set aside. Bounded: a broken archive may leave hundreds.
explain() {
  unplanned "$work/sim_dist" "$work/sim_phased" >"$work/unplanned"
  head -n "$EXPLAIN_MAX" "$work/unplanned" | while read -r target; do
    printf '@ask %s\n' "$target"
    apt_sim -o APT::Get::Always-Include-Phased-Updates=1 install --only-upgrade "$target" 2>&1 |
      awk '/^(Conf|Reading|Building|Calculating) /{ next } { print }'
  done
}

# P: sizes of everything planned. D: relations of what plain `upgrade` leaves, to tell which package needs which.
records() {
  targets_of "$work/sim_upgrade" "$work/sim_new" "$work/sim_dist" >"$work/targets"
  installs_of "$work/sim_upgrade" >"$work/easy"
  bounded show xargs -r apt-cache show --no-all-versions <"$work/targets"
  rc=$?
  awk -v easy="$work/easy" '
    BEGIN { while ((getline name < easy) > 0) simple[name] = 1 }
    function flush() {
      if (f["Package"] != "") {
        s = f["Source"]; sub(/ .*/, "", s)
        print "P\t" f["Package"] "\t" f["Version"] "\t" f["Architecture"] "\t" f["Size"] "\t" f["Installed-Size"] "\t" s
        if (!(f["Package"] in simple))
          print "D\t" f["Package"] "\t" f["Version"] "\t" f["Pre-Depends"] "\t" f["Depends"] "\t" f["Conflicts"] "\t" f["Breaks"] "\t" f["Provides"]
      }
      split("", f)
    }
    /^$/ { flush(); next }
    /^(Package|Version|Architecture|Size|Installed-Size|Source|Pre-Depends|Depends|Conflicts|Breaks|Provides): / {
      key = $1; sub(/:$/, "", key); value = $0; sub(/^[^:]*: */, "", value); gsub(/\t/, " ", value); f[key] = value
    }
    END { flush() }' "$work/show"
  return "$rc"
}

removals_of() { awk '/^(Remv|Purg) / { print $2 }' "$@" 2>/dev/null; }

# I: what stands on the machine now of everything that policy or plans speak of. R: relations of what would be removed.
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
installed_records() {
  {
    awk '/^[^ ].*:$/ { name = substr($0, 1, length($0) - 1) } /^  Installed: / && $2 != "(none)" { print name }' "$work/policy"
    removals_of "$work/sim_upgrade" "$work/sim_new" "$work/sim_dist" "$work/sim_autoremove"
  } | sort -u >"$work/known"
  xargs -r dpkg-query -W -f 'I\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${source:Package}\n' <"$work/known" || return
  removals_of "$work/sim_dist" | sort -u |
    xargs -r dpkg-query -W -f 'R\t${Package}\t${Version}\t${Pre-Depends}\t${Depends}\t${Conflicts}\t${Breaks}\t${Provides}\n'
}
