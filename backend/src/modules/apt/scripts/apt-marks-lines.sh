#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# shellcheck disable=SC2154 # $marks_work is of the script that this goes ahead of
# What `apt_hold` and `apt_unhold` would change, in one place: the plan prints it, the run prints it again just before.
#
# Parameters (plain shell variables):
#   MACHINE_ID     OPERATION=hold|unhold     PACKAGES  names, a space between each two

marks_environment() {
  LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
  export LC_ALL DEBIAN_FRONTEND
}

# The marks on the machine, as apt names them: the architecture is told where it is a foreign one.
marks_held() { apt-mark showhold >"$marks_work/held" && LC_ALL=C sort -u "$marks_work/held"; }

# What dpkg knows by the names that were asked for: name asked for, name as a mark has it, version, state.
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
marks_packages() {
  native=$(dpkg --print-architecture) || return
  for asked in $PACKAGES; do
    dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Architecture}\t${Version}\n' -- "$asked" 2>/dev/null |
      awk -F '\t' -v asked="$asked" -v native="$native" '{
        name = $2
        if ($3 != "" && $3 != native && $3 != "all") name = name ":" $3
        print asked "\t" name "\t" ($4 == "" ? "-" : $4) "\t" substr($1, 2, 1)
      }'
  done
}

# The confirmed form: every mark that is there now, and every one that is set or taken away. A version that changed
# meanwhile would freeze another one.
marks_lines() {
  marks_held >"$marks_work/marks" || return
  marks_packages >"$marks_work/packages" || return
  {
    printf 'machine %s\naction apt_%s\n' "$MACHINE_ID" "$OPERATION"
    sed 's/^/marked /' "$marks_work/marks"
    awk -F '\t' -v operation="$OPERATION" -v marks="$marks_work/marks" '
      BEGIN { while ((getline name < marks) > 0) held[name] = 1 }
      operation == "hold" && $4 !~ /[nc]/ { print "hold " $2 " " $3 }
      operation == "unhold" && ($2 in held) { print "unhold " $2 " " $3 }' "$marks_work/packages"
  } | LC_ALL=C sed 's/[^ -~]/?/g; s/ *$//'
}
