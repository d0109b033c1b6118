#!/bin/sh
# Runs inside a machine as root.
#   prepare.sh write_sources REAL_ARCHIVE TEXT   replaces the package sources
#   prepare.sh prepare STATE [PROXY]             does what the state needs beyond its package sources
#   prepare.sh undo                              takes back what prepare did, as far as packages are not involved
#   prepare.sh defers_phased_update              succeeds when apt defers the phased package on this machine
#   prepare.sh change_machine_id ID
set -eu
records=/run/fleet/holders

refresh() { apt-get -qq update; }

# ---------------------------------------------------------------- choices of the administrator

pin() { # NAME PACKAGE PIN PRIORITY
  printf 'Package: %s\nPin: %s\nPin-Priority: %s\n' "$2" "$3" "$4" >"/etc/apt/preferences.d/fleet-$1"
}

set_proxy() { # URL
  echo "Acquire::http::Proxy \"$1\";" >/etc/apt/apt.conf.d/90fleet-proxy
}

duplicate_source() {
  awk '$1 == "URIs:" { print "deb [signed-by=/etc/apt/keyrings/fleet.asc] " $2 " base main"; exit }' \
    /etc/apt/sources.list.d/fleet.sources >/etc/apt/sources.list.d/fleet-duplicate.list
}

# ---------------------------------------------------------------- lists

age_lists() { find /var/lib/apt/lists -type f -exec touch -d '45 days ago' {} +; }

# apt compares the label that it kept with the one that it is offered.
change_kept_label() {
  refresh
  for list in /var/lib/apt/lists/*_dists_base_InRelease; do
    sed -i 's/^Label: Fleet$/Label: Former Fleet/' "$list"
    touch -d '45 days ago' "$list"
  done
}

# ---------------------------------------------------------------- locks

hold_lock() { # NAME FILE
  mkdir -p "$records" "${2%/*}"
  setsid /usr/lib/fleet/hold-lock "$2" 3600 </dev/null >"$records/$1.output" 2>&1 &
  echo $! >"$records/$1"
  tries=100
  until grep -qs held "$records/$1.output"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 0.05
  done
}

release_locks() {
  [ -d "$records" ] || return 0
  for record in "$records"/lock-*; do
    case $record in *.output) continue ;; esac
    [ -f "$record" ] || continue
    pid=$(cat "$record")
    ! grep -qs hold-lock "/proc/$pid/comm" || kill "$pid"
  done
  rm -rf "$records"
}

# ---------------------------------------------------------------- dpkg in trouble

# A power cut while dpkg runs a maintainer script. The name to look for is in nobody's command line but dpkg's own.
interrupt_dpkg() {
  refresh
  echo 600 >/etc/fleet-slow.seconds
  rm -f /var/log/fleet-slow.log
  setsid apt-get -y install fleet-slow </dev/null >/dev/null 2>&1 &
  tries=600
  until grep -qs step /var/log/fleet-slow.log; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 0.1
  done
  # Both at once: apt-get ends by itself as soon as dpkg is gone.
  pkill -KILL -x 'dpkg|apt-get'
  pkill -KILL -f '^/bin/sh /var/lib/dpkg/info/fleet-slow.postinst'
  rm -f /etc/fleet-slow.seconds
}

unpack_only() { # PACKAGE
  refresh
  cd /tmp
  apt-get -qq download "$1"
  dpkg --unpack "$1"_*.deb >/dev/null
  rm -f "$1"_*.deb
}

install_despite_dependencies() { # PACKAGE
  refresh
  cd /tmp
  apt-get -qq download "$1"
  dpkg --force-depends --install "$1"_*.deb >/dev/null 2>&1 || true
  rm -f "$1"_*.deb
}

# ---------------------------------------------------------------- disk, kernel, reboot

fill_file_system() { # FOLDER SIZE_KB
  mountpoint -q "$1" || mount -t tmpfs -o "size=$2k" tmpfs "$1"
}

full_archives() {
  fill_file_system /var/cache/apt/archives 16
  mkdir -p /var/cache/apt/archives/partial
  head -c 16384 /dev/zero >/var/cache/apt/archives/filler 2>/dev/null || true
}

ask_for_reboot() {
  echo '*** System restart required ***' >/run/reboot-required
  echo fleet-reboot >/run/reboot-required.pkgs
}

# Only the kernels differ: the mark that the package left is taken away, so that nothing else tells.
install_kernel() {
  refresh
  apt-get -qq -y --with-new-pkgs upgrade linux-image-fleet >/dev/null
  rm -f /run/reboot-required /run/reboot-required.pkgs
}

# As a boot loader does that was told by hand which kernel to start.
skip_new_kernel() {
  install_kernel
  uname -r >/boot/fleet-boots
}

# ---------------------------------------------------------------- phasing

# In lists of its own: what apt keeps on the machine must not depend on somebody having looked.
defers_phased_update() {
  mkdir -p /run/fleet/lists/partial
  set -- -o Dir::State::lists=/run/fleet/lists -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  apt-get "$@" -qq update
  ! apt-get "$@" -s dist-upgrade | grep -q '^Inst fleet-phased '
}

change_machine_id() { echo "$1" >/etc/machine-id; } # ID

# ---------------------------------------------------------------- very many updates

# As many installed packages, each with dependencies and an update in a repository on the machine itself. Enough for
# lists and simulations; nothing of it can be downloaded.
many_packages() { # COUNT
  mkdir -p /srv/fleet-many
  awk -v count="$1" -v installed=/srv/fleet-many/status '
    function name_of(number) { return sprintf("fleet-many-components-%04d-%s", number, number % 3 ? "common" : "plugins") }
    function stanza(i, version, extra,  j, depends) {
      for (j = 1; j <= 6; j++) depends = depends (j > 1 ? ", " : "") name_of((i * 7 + j * 13) % count + 1) " (>= 1.2.0-1)"
      return "Package: " name_of(i) "\n" extra "Version: 1.2." version "\nArchitecture: amd64\nSource: fleet-many (1.2)\n" \
        "Maintainer: Fleet <fleet@fleet.example>\nInstalled-Size: " 100 + i "\nDepends: " depends "\nPriority: optional\n" \
        "Section: libs\nDescription: one of many\n"
    }
    BEGIN {
      for (i = 1; i <= count; i++) {
        print stanza(i, "1-1+deb12u1", "Status: install ok installed\n") >installed
        print stanza(i, "10-1+deb12u2", "") "Filename: ./" i ".deb\nSize: " 1000 + i "\nSHA256: " sprintf("%064d", i) "\n"
        print name_of(i)
      }
    }' | awk '/^fleet-many-components-[0-9]+-[a-z]+$/ { print >"/srv/fleet-many/names"; next } { print }' >/srv/fleet-many/Packages
  cat /srv/fleet-many/status >>/var/lib/dpkg/status
  while read -r name; do : >"/var/lib/dpkg/info/$name.list" && : >"/var/lib/dpkg/info/$name.md5sums"; done </srv/fleet-many/names
  echo 'deb [trusted=yes] file:/srv/fleet-many ./' >/etc/apt/sources.list.d/fleet-many.list
}

# ---------------------------------------------------------------- the commands

prepare() { # STATE
  case $1 in
    held) apt-mark -qq hold fleet-held ;;
    pinned) pin pinned fleet-pinned 'version 1.0' 990 ;;
    downgrade) pin downgrade fleet-newer 'release n=downgrade' 1001 ;;
    autoremovable) apt-mark -qq auto fleet-orphan ;;
    conffile-question) echo 'local = edit' >>/etc/fleet-conffile.conf ;;
    odd-version) sed -i '/^Package: fleet-odd$/,/^$/s/^Version: .*/Version: 1.0_beta[1]-é/' /var/lib/dpkg/status ;;
    reboot-required) ask_for_reboot ;;
    kernel-not-booted) install_kernel ;;
    kernel-skipped) skip_new_kernel ;;
    interrupted) interrupt_dpkg ;;
    half-configured) unpack_only fleet-plain ;;
    unmet-dependency) install_despite_dependencies fleet-broken ;;
    many) many_packages 2000 ;;
    no-space) fill_file_system /opt/fleet-large 1024 ;;
    no-space-archives) full_archives ;;
    lock-frontend) hold_lock "$1" /var/lib/dpkg/lock-frontend ;;
    lock-dpkg) hold_lock "$1" /var/lib/dpkg/lock ;;
    lock-lists) hold_lock "$1" /var/lib/apt/lists/lock ;;
    lock-archives) hold_lock "$1" /var/cache/apt/archives/lock ;;
    repo-duplicate) duplicate_source ;;
    repo-label) change_kept_label ;;
    lists-old) refresh && age_lists ;;
    lists-stuck) refresh && age_lists && set_proxy 'http://127.0.0.1:1' ;;
    lists-none) find /var/lib/apt/lists -type f ! -name lock -delete ;;
    proxy) set_proxy "$2" ;;
  esac
}

write_sources() { # REAL_ARCHIVE TEXT
  printf '%s\n' "$2" >/etc/apt/sources.list.d/fleet.sources
  rm -f /etc/apt/sources.list.d/debian.list
  [ "$1" = no ] || cp /usr/lib/fleet/debian.list /etc/apt/sources.list.d/
}

forget_changed_label() {
  grep -ls '^Label: Former Fleet' /var/lib/apt/lists/*_InRelease | while read -r list; do rm "$list"; done
}

undo() {
  forget_changed_label
  release_locks
  apt-mark -qq unhold fleet-held
  apt-mark -qq manual fleet-orphan
  for folder in /opt/fleet-large /var/cache/apt/archives; do
    ! mountpoint -q "$folder" || umount "$folder"
  done
  rm -f /etc/apt/preferences.d/fleet-* /etc/apt/apt.conf.d/90fleet-proxy /etc/apt/sources.list.d/fleet-duplicate.list \
    /etc/apt/sources.list.d/fleet-many.list /boot/fleet-boots \
    /run/reboot-required /run/reboot-required.pkgs
}

"$@"
