#!/bin/sh
# The last comparison, within apt: it runs this with its locks taken, once it knows what it will do and before it does
# anything (DPkg::Pre-Install-Pkgs, third version of the protocol). So no refresh of the lists and no other change can come
# between the comparison and what happens. A difference ends apt. Goes after apt-transaction.sh, in a file of its own in the
# folder of the run; leaves `guard.found`, the plan as apt has it, for confirm_plan. The locks may have taken long: where the
# change could not end within its maintenance window any more (`begin_before`), it ends apt too and leaves `guard.late`; where it
# agrees, the change has begun and nobody asks for the window any more. Where `guard.within` lies in that folder,
# less than the plan is no difference: a repair that has configured packages may have less left to do.
guard_dir=${0%/*}
LC_ALL=C
export LC_ALL

# What apt tells of its work, as lines of a plan without origins. A package that is removed and put back is put; one that
# is only configured was left unpacked by something else, and no plan has that.
guard_effects() {
  awk '
    NR == 1 && $0 != "VERSION 3" { exit 65 }
    !told && /^APT::Architecture=/ { native = substr($0, 19) }
    !told { told = $0 == ""; next }
    NF < 9 { exit 65 }
    $9 == "**REMOVE**" { removed[$1 ($3 == native || $3 == "all" ? "" : ":" $3)] = $2; next }
    $9 == "**CONFIGURE**" { configured[$1 ":" $7] = $6; next }
    {
      unpacked[$1 ":" $7] = 1
      delete removed[$1]; delete removed[$1 ":" $7]
      print ($2 == "-" ? "install" : $5 == ">" ? "downgrade" : "upgrade") " " $1 ":" $7 " " $2 " " $6
    }
    END {
      for (name in removed) print "remove " name " " removed[name] " -"
      for (name in configured) if (!(name in unpacked)) print "configure " name " - " configured[name]
    }'
}

# guard_plan FILE: those effects as whole lines where the confirmed plan has them, and what it is about.
guard_plan() {
  awk -v plan="$guard_dir/plan" '
    FILENAME != plan { effect[$0] = 1; next }
    $1 !~ /^(upgrade|install|downgrade|remove)$/ { print; next }
    ($1 " " $2 " " $3 " " $4) in effect { delete effect[$1 " " $2 " " $3 " " $4]; print }
    END { for (line in effect) print line }' "$1" "$guard_dir/plan"
}

# guard_more FILE: those effects that the confirmed plan does not have. What it finishes, it names without a version before.
guard_more() {
  awk -v plan="$guard_dir/plan" '
    function finished(name, version) { sub(/:.*/, "", name); return "configure " name " " version }
    FILENAME != plan { if (!(($1 == "configure" ? finished($2, $4) : $0) in confirmed)) print; next }
    $1 ~ /^(configure|incomplete)$/ { confirmed[finished($2, $3)] = 1; next }
    { confirmed[$1 " " $2 " " $3 " " $4] = 1 }' "$guard_dir/plan" "$1"
}

# Nothing is compared that could not be written down whole: nothing at all would be less than every plan.
guard_unwritten() {
  rm -f "$guard_dir/guard.found"
  echo 'system-update: what apt is about to do cannot be written down to be compared; it does nothing'
  exit 1
}

guard_agrees() {
  rm -f "$guard_dir/begin_before"
  exit 0
}

if [ -e "$guard_dir/begin_before" ]; then
  read -r guard_before <"$guard_dir/begin_before"
  read -r guard_up _ </proc/uptime
  if [ "${guard_up%%.*}" -ge "$guard_before" ]; then
    echo 'system-update: apt waited until it was too late to end within the maintenance window; it does nothing'
    : >"$guard_dir/guard.late"
    exit 1
  fi
fi
guard_effects >"$guard_dir/guard.told"
case $? in
  0) ;;
  65)
    echo 'system-update: apt told its work in a way that is not known'
    exit 1
    ;;
  *) guard_unwritten ;;
esac
transaction_coded <"$guard_dir/guard.told" >"$guard_dir/guard.effects" || guard_unwritten
if [ -e "$guard_dir/guard.within" ]; then
  guard_more "$guard_dir/guard.effects" >"$guard_dir/guard.more" || guard_unwritten
  [ -s "$guard_dir/guard.more" ] || guard_agrees
  echo 'system-update: repair_differs: apt is about to do more than was confirmed; it does nothing'
  sed 's/^/system-update: added: /' "$guard_dir/guard.more"
  exit 1
fi
guard_plan "$guard_dir/guard.effects" | sort -u >"$guard_dir/guard.found" || guard_unwritten
! cmp -s "$guard_dir/guard.found" "$guard_dir/plan" || guard_agrees
echo 'system-update: what apt is about to do is not the confirmed plan; nothing is changed'
comm -23 "$guard_dir/plan" "$guard_dir/guard.found" | sed 's/^/system-update: missing: /'
comm -13 "$guard_dir/plan" "$guard_dir/guard.found" | sed 's/^/system-update: added: /'
exit 1
