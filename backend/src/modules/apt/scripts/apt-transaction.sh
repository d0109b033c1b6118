#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# The transaction of `apt_upgrade`, in one place: the plan simulates it, the run simulates it again just before it begins,
# and then runs it, all with the same privileges, environment and options.
#
# Parameters (plain shell variables):
#   MACHINE_ID           MODE=upgrade|upgrade_with_new|dist_upgrade      SCOPE=all|security|packages
#   PACKAGES             names for SCOPE=packages, a space between each two

# What must never wait for an answer: debconf, ucf, the hooks of apt-listchanges, apt-listbugs and needrestart.
transaction_environment() {
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true DEBCONF_NOWARNINGS=yes
  APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none
  UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1
  LC_ALL=C.UTF-8 PAGER=cat NO_COLOR=1 TERM=dumb
  export DEBIAN_FRONTEND DEBCONF_NONINTERACTIVE_SEEN DEBCONF_NOWARNINGS APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND
  export UCF_FORCE_CONFFOLD NEEDRESTART_SUSPEND LC_ALL PAGER NO_COLOR TERM
}

# transaction_apt OPTION…: apt-get with the options of the run, on what it is about. A changed configuration file stays
# as it is, and the new one is laid beside it.
transaction_apt() {
  set -- -q -y -o APT::Color=0 -o Dpkg::Use-Pty=0 -o Dpkg::Progress-Fancy=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
  if [ "$SCOPE" = all ]; then
    transaction_mode "$@"
    return
  fi
  chosen=$(transaction_packages) || return
  if [ -z "$chosen" ]; then
    echo '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.'
    return 0
  fi
  # shellcheck disable=SC2086 # names of packages hold no special sign
  apt-get "$@" --only-upgrade install -- $chosen
}

transaction_mode() {
  case $MODE in
    upgrade) apt-get "$@" upgrade ;;
    upgrade_with_new) apt-get "$@" --with-new-pkgs upgrade ;;
    dist_upgrade) apt-get "$@" dist-upgrade ;;
    *) echo "system-update: unknown mode $MODE" >&2; return 64 ;;
  esac
}

# The packages that a narrower scope names. Security is told by the archive, between the brackets, never by a name.
transaction_packages() {
  if [ "$SCOPE" = packages ]; then
    printf '%s\n' "$PACKAGES"
    return
  fi
  found=$(transaction_mode -s -q -y -o APT::Color=0) || return
  printf '%s\n' "$found" | awk '
    $1 == "Inst" {
      origins = $0
      if (!sub(/^[^(]*\([^ ]+ /, "", origins)) next
      if (origins ~ /(^|, )(Debian-Security:|(Debian|Ubuntu|UbuntuESM|UbuntuESMApps):[^,]*-security( |,|$))/) print $2
    }'
}

transaction_simulate() { transaction_apt -s; }

# transaction_lines FILE: the confirmed form of what a simulation printed there, one line for each effect.
transaction_lines() {
  printf 'machine %s\nmode %s\nscope %s\n' "$MACHINE_ID" "$MODE" "$SCOPE"
  printf 'option conffiles keep\n'
  # A downgrade is told apart by dpkg's own comparison, and only where apt counts one.
  LC_ALL=C awk '
    $1 == "Remv" || $1 == "Purg" { old = $3; if (old !~ /^\[/) old = "-"; gsub(/[][]/, "", old); removed[$2] = old }
    $1 == "Inst" {
      delete removed[$2]
      from = "-"; rest = $0; sub(/^Inst [^ ]+ /, "", rest)
      if (rest ~ /^\[/) { from = rest; sub(/\].*/, "", from); sub(/^\[/, "", from); sub(/^\[[^]]*\] /, "", rest) }
      sub(/^\(/, "", rest)
      to = rest; sub(/ .*/, "", to)
      origins = rest; sub(/^[^ ]+ /, "", origins); sub(/\).*/, "", origins)
      arch = origins; sub(/.*\[/, "", arch); sub(/\]$/, "", arch); sub(/ *\[[^][]*\]$/, "", origins)
      name = $2; if (name !~ /:/) name = name ":" arch
      if (origins == "") origins = "-"
      print (from == "-" ? "install" : "upgrade") " " name " " from " " to " " origins
    }
    END { for (name in removed) print "remove " name " " removed[name] " -" }' "$1" |
    if grep -q '[1-9][0-9]* downgraded' "$1"; then transaction_downgrades; else cat; fi |
    LC_ALL=C sed 's/[^ -~]/?/g; s/ *$//'
}

transaction_downgrades() {
  while read -r operation name from to origins; do
    if [ "$operation" = upgrade ] && dpkg --compare-versions "$to" lt "$from"; then operation=downgrade; fi
    printf '%s %s %s %s %s\n' "$operation" "$name" "$from" "$to" "$origins"
  done
}
