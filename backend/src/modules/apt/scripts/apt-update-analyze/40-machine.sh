# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317 # one script with the others of this folder; functions are called through `section`
# 40-machine.sh - the state of dpkg, the kernels and what runs, other updaters, and space.

environment() {
  printf 'now=%s\n' "$(date +%s)"
  printf 'kernel_release=%s\n' "$(uname -r)"
  printf 'kernel_version=%s\n' "$(uname -v)"
  printf 'architecture=%s\n' "$(dpkg --print-architecture)"
  printf 'foreign_architectures=%s\n' "$(dpkg --print-foreign-architectures | tr '\n' ' ')"
  printf 'systemd=%s\n' "$([ -d /run/systemd/system ] && echo yes || echo no)"
}

# shellcheck disable=SC2016 # the ${…} are dpkg-query's
take_status() {
  dpkg-query -W -f '${db:Status-Abbrev}\t${binary:Package}\t${Version}\t${Architecture}\n' >"$work/status"
}

dpkg_state() {
  take_status || return
  awk -F '\t' '
    { state = substr($1, 2, 1); count[state]++ }
    state !~ /[inc]/ || substr($1, 3, 1) == "R" { print "broken\t" $0 }
    END { for (state in count) print "count\t" state "\t" count[state] }' "$work/status"
}

dpkg_updates() { find /var/lib/dpkg/updates -maxdepth 1 -type f -name '[0-9]*' -printf '%f\n'; }

holds() {
  apt-mark showhold >"$work/holds"
  rc=$?
  cat "$work/holds"
  return "$rc"
}

reboot_flag() {
  for f in /run/reboot-required /var/run/reboot-required; do
    [ -e "$f" ] || continue
    echo "flag=$f"
    [ ! -f "$f.pkgs" ] || sort -u "$f.pkgs" | sed 's/^/package=/'
    return 0
  done
}

# kernel <release> <image bytes> <initrd bytes> <package> <package version>
kernels() {
  [ ! -s /etc/kernel/proxmox-boot-pin ] || printf 'pin\t%s\n' "$(head -n 1 /etc/kernel/proxmox-boot-pin)"
  for f in /boot/vmlinuz-*; do
    [ -f "$f" ] || continue
    release=${f#/boot/vmlinuz-}
    owner=$(dpkg-query -S "$f" 2>/dev/null | sed -n 's/: .*//p' | head -n 1)
    [ -n "$owner" ] || owner=$(dpkg-query -S "/lib/modules/$release" "/usr/lib/modules/$release" 2>/dev/null |
      sed -n 's/: .*//p' | tr ',' '\n' | sed -n '/image\|kernel/{s/ //gp;q}')
    initrd=$(stat -c %s "/boot/initrd.img-$release" 2>/dev/null)
    version=$(awk -F '\t' -v owner="$owner" 'owner != "" && substr($1, 2, 1) !~ /[nc]/ { n = $2; sub(/:.*/, "", n); o = owner; sub(/:.*/, "", o); if (n == o) { print $3; exit } }' "$work/status")
    printf 'kernel\t%s\t%s\t%s\t%s\t%s\n' "$release" "$(stat -c %s "$f")" "$initrd" "$owner" "$version"
  done
}

# Libraries and programs that PID 1 still runs although their files were replaced.
init_maps() {
  cat /proc/1/maps >"$work/maps" || return
  awk '$NF == "(deleted)" && $6 ~ /^\/(usr\/)?(lib|lib64|libexec|sbin|bin)\// { print $6 }' "$work/maps" | sort -u
}

container() {
  if command -v systemd-detect-virt >/dev/null 2>&1; then
    printf 'detect_virt=%s\n' "$(systemd-detect-virt -c 2>/dev/null)"
  fi
  printf 'environ=%s\n' "$(tr '\0' '\n' </proc/1/environ | sed -n 's/^container=//p' | head -n 1)"
  [ ! -r /run/systemd/container ] || printf 'run_systemd=%s\n' "$(head -n 1 /run/systemd/container)"
  [ ! -e /.dockerenv ] || echo 'dockerenv=yes'
  [ ! -d /proc/vz ] || [ -d /proc/bc ] || echo 'openvz=yes'
}

needrestart_batch() {
  command -v needrestart >/dev/null 2>&1 || return 127
  timeout -k 5 60 needrestart -b -r l
}

co_managers() {
  apt-config dump APT::Periodic
  awk -F '\t' 'substr($1, 2, 1) == "i" && $2 ~ /^(unattended-upgrades|packagekit|apt-listbugs|apt-listchanges)$/ { print "package=" $2 }' "$work/status"
  for f in /proc/[0-9]*/comm; do
    read -r comm 2>/dev/null <"$f" || continue
    case $comm in
      apt | apt-get | aptitude | dpkg | unattended-upgr | packagekitd | aptd) printf 'process=%s\t%s\n' "$comm" "$f" ;;
    esac
  done
  [ -d /run/systemd/system ] || return 0
  systemctl show --no-pager -p Id -p LoadState -p ActiveState -p UnitFileState \
    apt-daily.service apt-daily-upgrade.service unattended-upgrades.service packagekit.service \
    apt-daily.timer apt-daily-upgrade.timer
}

space() {
  for d in / /boot /boot/firmware /boot/efi /var /var/cache/apt/archives /var/lib/dpkg; do
    [ -d "$d" ] || continue
    printf 'blocks\t%s\t%s\n' "$d" "$(df -P -k "$d" | tail -n 1)"
    printf 'inodes\t%s\t%s\n' "$d" "$(df -P -i "$d" | tail -n 1)"
  done
}
