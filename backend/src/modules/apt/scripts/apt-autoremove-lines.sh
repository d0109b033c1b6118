#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# shellcheck disable=SC2154 # $work is a folder of the script that this goes ahead of
# What `apt_autoremove` would remove, in one place: the plan prints it, the run prints it again just before it begins. Goes
# after apt-transaction.sh and reboot-facts.sh. Parameters: MACHINE_ID; DOUBTED_BOOT, the boot that a restart led to without being
# verified; TRUSTED_BOOT, the only boot that is known to be sound. Empty: there is no such boot.

# shellcheck disable=SC2034 # for transaction_lines
MODE=autoremove SCOPE=all

# autoremove_apt OPTION…: apt-get with the options of the run. What must stay is told to apt itself, so that nothing that it
# needs goes either.
autoremove_apt() {
  set -- -q -y -o APT::Color=0 -o Dpkg::Use-Pty=0 -o Dpkg::Progress-Fancy=0 \
    -o "$transaction_removals" "$@"
  while IFS='	' read -r kept _; do
    set -- "$@" -o "APT::NeverAutoRemove::=^$(printf '%s' "$kept" | sed 's/[.+]/\\&/g')\$"
  done <"$work/keep"
  apt-get "$@" autoremove
}

# Whether the running kernel is this machine's own affair: `no` is a container. A machine whose container systemd cannot
# name has its own kernel if it runs one of its own kernel packages.
autoremove_own_kernel() {
  kind=
  if command -v systemd-detect-virt >/dev/null 2>&1; then kind=$(systemd-detect-virt -c 2>/dev/null) || :; fi
  [ "$kind" != none ] || kind=
  [ -n "$kind" ] || kind=$(tr '\0' '\n' </proc/1/environ | sed -n 's/^container=//p' | head -n 1)
  if [ -z "$kind" ] && { [ -e /run/systemd/container ] || [ -e /.dockerenv ]; }; then kind=other; fi
  if [ -z "$kind" ] && [ -d /proc/vz ] && [ ! -d /proc/bc ]; then kind=openvz; fi
  case $kind in
    '') echo yes ;;
    container-other) if dpkg-query -S "/boot/vmlinuz-$(uname -r)" >/dev/null 2>&1; then echo yes; else echo no; fi ;;
    *) echo no ;;
  esac
}

# Kernels of packages: flavour and release. 6.1.0-18-cloud-amd64 is a cloud-amd64.
autoremove_kernels() {
  for image in /boot/vmlinuz-*; do
    dpkg-query -S "$image" >/dev/null 2>&1 || continue
    release=${image#/boot/vmlinuz-}
    flavour=$(printf '%s' "$release" | sed -E 's/^[0-9][^-]*(-([0-9]|rpi[0-9]|rc[0-9])[^-]*)*-?//')
    printf '%s\t%s\n' "${flavour:--}" "$release"
  done
}

# autoremove_newest FLAVOUR: its newest release, by dpkg's own comparison
autoremove_newest() {
  newest=
  while IFS='	' read -r flavour release; do
    [ "$flavour" = "$1" ] || continue
    if [ -z "$newest" ] || dpkg --compare-versions "${release%-"$1"}" gt "${newest%-"$1"}"; then newest=$release; fi
  done <"$work/kernels"
  printf '%s\n' "$newest"
}

# What is known of restarts says that this boot is not sound, or does not say that it is.
autoremove_doubted() {
  boot=$(this_boot)
  [ "$boot" = "$DOUBTED_BOOT" ] || { [ -n "$TRUSTED_BOOT" ] && [ "$boot" != "$TRUSTED_BOOT" ]; }
}

# autoremove_why RELEASE: why a kernel stays; nothing when it may go. A kernel goes only after the machine has booted the
# one that replaces it, and that boot is not one that a restart of ours found wrong.
autoremove_why() {
  running=$(uname -r)
  flavour=$(awk -F '\t' -v release="$1" '$2 == release { print $1; exit }' "$work/kernels")
  ours=$(awk -F '\t' -v release="$running" '$2 == release { print $1; exit }' "$work/kernels")
  pin=
  [ ! -s /etc/kernel/proxmox-boot-pin ] || read -r pin </etc/kernel/proxmox-boot-pin
  if [ "$1" = "$running" ]; then
    echo kernel_running
  elif [ "$1" = "$pin" ]; then
    echo kernel_pinned
  elif [ "$1" = "$(autoremove_newest "$flavour")" ]; then
    echo kernel_newest
  elif [ -z "$ours" ] || [ "$running" != "${pin:-$(autoremove_newest "$ours")}" ]; then
    echo kernel_not_booted
  elif autoremove_doubted; then
    echo boot_not_verified
  fi
}

# autoremove_guard FILE: of what a simulation would remove, the packages of kernels that stay: name, reason, release
autoremove_guard() {
  [ "$(autoremove_own_kernel)" = yes ] || return 0
  while IFS='	' read -r _ release; do
    why=$(autoremove_why "$release")
    [ -z "$why" ] || awk -v release="$release" -v why="$why" '
      ($1 == "Remv" || $1 == "Purg") && (at = index($2, "-" release)) {
        rest = substr($2, at + length(release) + 1)
        if (rest == "" || rest ~ /^[-:]/) print $2 "\t" why "\t" release
      }' "$1"
  done <"$work/kernels"
}

# autoremove_simulate: first what apt would remove, then what it removes where kernels that are needed stay
autoremove_simulate() {
  : >"$work/keep"
  autoremove_kernels >"$work/kernels"
  autoremove_apt -s >"$work/simulation.all" || return
  autoremove_guard "$work/simulation.all" >"$work/guarded" || return
  mv "$work/guarded" "$work/keep"
  autoremove_apt -s >"$work/simulation"
}

# The confirmed form of the last simulation: every removal, and every kernel that stays against apt.
autoremove_lines() {
  transaction_lines "$work/simulation" || return
  awk -F '\t' '{ print "keep " $1 " " $2 }' "$work/keep" | transaction_coded
}
