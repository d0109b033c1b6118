#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# The transaction of `apt_upgrade`, in one place: the plan simulates it, the run simulates it again just before it begins,
# and then runs it, all with the same privileges, environment and options.
#
# Parameters (plain shell variables):
#   MACHINE_ID           MODE=upgrade|upgrade_with_new|dist_upgrade, empty: by the kind of machine
#   SCOPE=all|security|packages
#   PACKAGES             names for SCOPE=packages, a space between each two
#   PINS                 a file that may be written: the preferences for SCOPE=security

# A Proxmox host is only ever upgraded as a whole: less can leave it with parts that do not belong together.
transaction_usual_mode() {
  if command -v pveversion >/dev/null 2>&1; then echo dist_upgrade; else echo upgrade_with_new; fi
}
[ -n "${MODE-}" ] || MODE=$(transaction_usual_mode)

# What must never wait for an answer: debconf, ucf, the hooks of apt-listchanges, apt-listbugs and needrestart.
transaction_environment() {
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true DEBCONF_NOWARNINGS=yes
  APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none
  UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1
  LC_ALL=C.UTF-8 PAGER=cat NO_COLOR=1 TERM=dumb
  export DEBIAN_FRONTEND DEBCONF_NONINTERACTIVE_SEEN DEBCONF_NOWARNINGS APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND
  export UCF_FORCE_CONFFOLD NEEDRESTART_SUSPEND LC_ALL PAGER NO_COLOR TERM
}

# What is removed keeps its configuration files and what it has written, however apt is set up on this machine: nobody was asked
# about more than that.
transaction_removals=APT::Get::Purge=false

# transaction_apt OPTION…: apt-get with the options of the run, on what it is about. A changed configuration file stays
# as it is, and the new one is laid beside it.
transaction_apt() {
  set -- -q -y -o APT::Color=0 -o Dpkg::Use-Pty=0 -o Dpkg::Progress-Fancy=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o "$transaction_removals" "$@"
  case $SCOPE in
    all) transaction_mode "$@" ;;
    security)
      transaction_pins >"$PINS" || return
      transaction_mode -o APT::Default-Release= -o Dir::Etc::preferences="$PINS" -o Dir::Etc::preferencesparts=/dev/null "$@"
      ;;
    packages) transaction_chosen "$@" ;;
    *) echo "system-update: unknown scope $SCOPE" >&2; return 64 ;;
  esac
}

# transaction_patiently COMMAND…: calls apt with its status on 3. apt waits for the locks of dpkg itself, LOCK_WAIT seconds, and not
# at all for that of its downloads: for that one it is waited here as long, and apt is called once more. It has done nothing
# then: where it has told of work by dpkg, it is never called again.
transaction_patiently() {
  patience_until=$(($(su_seconds_up) + LOCK_WAIT))
  patience_began=$(stat -c %s "$SU_DIR/log") || return 73
  : >>"$SU_DIR/progress"
  while :; do
    patience_said=$(stat -c %s "$SU_DIR/log") || return 73
    patience_work=$(transaction_worked)
    "$@" 3>>"$SU_DIR/progress"
    patience_code=$?
    patience_missed=$(tail -c "+$((patience_said + 1))" "$SU_DIR/log" | transaction_lock_lines | grep -a '^E: ')
    if [ "$patience_code" = 0 ] || [ "$(transaction_worked)" != "$patience_work" ]; then return "$patience_code"; fi
    patience_lock=$(tail -c "+$((patience_said + 1))" "$SU_DIR/log" | transaction_lock_refused)
    [ -n "$patience_lock" ] && transaction_freed "$patience_lock" "$patience_until" || return "$patience_code"
    echo "system-update: lock_waited: $patience_lock is free, apt is called again" >&2
  done
}

# What apt said last, since it was called patiently, of a lock that somebody else held: kept by each script after such a call, as the
# maintenance window may have closed meanwhile.
transaction_lock_told() { tail -c "+$((patience_began + 1))" "$SU_DIR/log" | transaction_lock_lines | tail -n 2; }

transaction_lock_lines() { grep -aE '^(Waiting for cache lock: |E: Could not get lock |E: Unable to (lock|acquire) )'; }

# apt ended as it did for want of time: the guard refused by the clock, or a lock did not come free for its last call
# (`patience_missed`). What it failed of otherwise is its error, though it had waited for a lock before and the window has closed meanwhile.
transaction_too_late() { [ -e "$SU_DIR/guard.late" ] || [ -n "$patience_missed" ]; }

# Lines by which apt has told that dpkg works.
transaction_worked() { grep -c '^pmstatus:' "$SU_DIR/progress"; }

# The lock that apt did not get, where it is one for which it does not wait itself.
transaction_lock_refused() {
  sed -n 's/^E: Could not get lock \(\/[^ ]*[^ .]\)[. ].*/\1/p' | head -n 1 | grep -v '^/var/lib/dpkg/'
}

# transaction_freed LOCK UNTIL: waits until nobody holds it; false once that moment is over
transaction_freed() {
  while [ "$(su_seconds_up)" -lt "$2" ]; do
    sleep 1
    freed_inode=$(stat -c %i "$1") || return
    # Of a file in an overlay stat names another device: its number alone may make this wait for nothing, within the limit.
    awk -v inode="$freed_inode" '{ split($6, part, ":"); if (part[3] == inode) held = 1 } END { exit held }' /proc/locks && return 0
  done
  return 1
}

transaction_mode() {
  case $MODE in
    upgrade) apt-get "$@" upgrade ;;
    upgrade_with_new) apt-get "$@" --with-new-pkgs upgrade ;;
    dist_upgrade) apt-get "$@" dist-upgrade ;;
    *) echo "system-update: unknown mode $MODE" >&2; return 64 ;;
  esac
}

# Preferences by which only security archives can upgrade anything. Others fall below what is installed, so that neither
# a higher version elsewhere hides a security update nor is anything else upgraded; new packages may still come from them.
# What the administrator pinned by name to hold it back goes on to count. The same archives as isSecurityArchive.
transaction_pins() {
  transaction_pin 'release a=now' 100
  for label in Debian-Security Devuan-Security; do transaction_pin "release l=$label" 500; done
  for publisher in Debian Ubuntu UbuntuESM UbuntuESMApps; do
    transaction_pin "release o=$publisher, a=*-security" 500
    transaction_pin "release o=$publisher, n=*-security" 500
  done
  transaction_pin 'release *' 1
  transaction_preferences | tr -d '\r' | grep -v '^#' | awk '
    BEGIN { RS = ""; ORS = "\n\n" }
    {
      priority = tolower("\n" $0); sub(/.*\npin-priority:/, "", priority)
      if (tolower("\n" $0) ~ /\npin:[ \t]*version/ || priority + 0 <= 100) print
    }'
}

# The preferences of this machine as apt reads them, in its order: of a folder only names without an extension or with
# `.pref`, and none that begins or ends with a dot or holds a special sign. What one file ends with is no part of the next.
transaction_preferences() {
  pins_file='' pins_folder=''
  eval "$(apt-config shell pins_file Dir::Etc::preferences/f pins_folder Dir::Etc::preferencesparts/d)"
  for file in "$pins_file" "${pins_folder%/}"/*; do
    [ -f "$file" ] || continue
    if [ "$file" != "$pins_file" ]; then
      case ${file##*/} in
        *[!a-zA-Z0-9_:.-]*) continue ;;
        *.pref) ;;
        *.*) continue ;;
      esac
    fi
    cat "$file"
    printf '\n\n'
  done
}

transaction_pin() { printf 'Package: *\nPin: %s\nPin-Priority: %s\n\n' "$1" "$2"; } # PIN PRIORITY

# Of the packages that are named, those that the mode would upgrade: apt reads patterns, releases and signs at the end
# into names that it does not know, and a name of its own makes it install and remove what the mode would not.
transaction_chosen() {
  names=$(transaction_names) || return
  found=$(transaction_mode -s -q -y --allow-downgrades -o APT::Color=0) || return
  chosen=$(printf '%s\n' "$names" "$found" | awk '/^[^ ]+$/ { named[$1] = 1 } /^Inst / && ($2 in named) { print $2 }')
  if [ -z "$chosen" ]; then
    echo '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.'
    return 0
  fi
  [ "$MODE" != upgrade ] || set -- --no-install-recommends "$@"
  # shellcheck disable=SC2086 # names of installed packages hold no special sign
  apt-get "$@" --only-upgrade install -- $chosen
}

# The named packages as apt calls them: without their architecture where it is the machine's own, or `all`.
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
transaction_names() {
  native=$(dpkg --print-architecture) || return
  {
    dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Architecture}\n'
    printf '%s\n' "$PACKAGES" | tr ' ' '\n'
  } | awk -F '\t' -v native="$native" '
    NF == 3 {
      if ($1 == "not-installed" || $1 == "config-files") next
      name = $3 == native || $3 == "all" ? $2 : $2 ":" $3
      known[name] = known[$2 ":" $3] = name
      next
    }
    $1 in known { print known[$1]; next }
    { print "system-update: package_not_installed " $1 >"/dev/stderr"; unknown = 1 }
    END { exit unknown ? 65 : 0 }'
}

# Downgrades are shown, to be confirmed or not; without this apt would not even simulate them.
transaction_simulate() { transaction_apt -s --allow-downgrades; }

# transaction_lines FILE: the confirmed form of what a simulation printed there, one line for each effect.
transaction_lines() {
  printf 'machine %s\nmode %s\nscope %s\n' "$MACHINE_ID" "$MODE" "$SCOPE"
  printf 'option conffiles keep\n'
  # Labels of archives may hold any sign, and go on over several lines; those begin with a space. So the list of origins is
  # what stands between the version and the architecture, whatever it looks like.
  LC_ALL=C awk '
    function version(text) { sub(/^\[/, "", text); sub(/\]$/, "", text); return text }
    function read_effect(  word, count, name, from, to, rest, arch) {
      count = split(effect, word, " ")
      name = word[2]
      if (word[1] == "Purg") { print "unreadable " effect; return }
      if (word[1] != "Inst") { if (word[1] == "Remv") removed[name] = count > 2 ? version(word[3]) : "-"; return }
      delete removed[name]
      rest = effect
      sub(/^Inst [^ ]+ /, "", rest)
      from = "-"
      if (rest ~ /^\[/) { from = version(word[3]); sub(/^[^ ]+ /, "", rest) }
      sub(/^\(/, "", rest)
      to = rest; sub(/ .*/, "", to)
      # What may follow in brackets are packages that are broken at this step.
      sub(/\) \[[^][]*\] *$/, ")", rest)
      if (!match(rest, /\[[a-z0-9-]+\]\)$/)) { print "unreadable " effect; return }
      arch = substr(rest, RSTART + 1, RLENGTH - 3)
      rest = substr(rest, length(to) + 2, RSTART - length(to) - 2)
      sub(/ *$/, "", rest)
      if (name !~ /:/) name = name ":" arch
      print (from == "-" ? "install" : "upgrade") " " name " " from " " to " " (rest == "" ? "-" : rest)
    }
    /^[ \t]/ { sub(/^[ \t]+/, ""); if (effect != "") effect = effect " " $0; next }
    { read_effect(); effect = /^(Inst|Remv|Purg) / ? $0 : "" }
    END { read_effect(); for (name in removed) print "remove " name " " removed[name] " -" }' "$1" |
    if grep -q '[1-9][0-9]* downgraded' "$1"; then transaction_downgrades; else cat; fi |
    transaction_coded
}

# Lines in printable ASCII: everything else, and the %, as %XX.
transaction_coded() {
  LC_ALL=C awk '
    BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%%%02X", i) }
    /[^ -$&-~]/ {
      line = ""
      for (i = 1; i <= length($0); i++) { sign = substr($0, i, 1); line = line (sign ~ /[ -$&-~]/ ? sign : code[sign]) }
      $0 = line
    }
    { sub(/ *$/, ""); print }'
}

# A downgrade is told apart by dpkg's own comparison, and only where apt counts one.
transaction_downgrades() {
  while read -r operation name from to origins; do
    if [ "$operation" = upgrade ] && dpkg --compare-versions "$to" lt "$from"; then operation=downgrade; fi
    printf '%s %s %s %s %s\n' "$operation" "$name" "$from" "$to" "$origins"
  done
}
