#!/bin/sh
# machine-probe.sh - what a machine is, what it is made of and how full it is. Reads only; runs as root.
#
# A prelude sent before this file defines  section NAME command [argument...]  : it runs the command (often one of the
# functions below) with /dev/null as input and frames its output, its error output and its exit code under NAME.
# Exit codes with a meaning here: 127 = the tool is not installed, 66 = this machine has no such thing.
#
# Tables are tab separated, one row a line. A cell is a value, @absent (no such file) or @unreadable (it exists, but
# reading it failed or gave nothing), so that "nothing there" is never mixed up with "could not look".
# Only what Debian's minimal system has is used: sh, coreutils, mawk, util-linux; the rest is asked for first.
# Nothing secret is read out: of the environment of PID 1 one variable, of mounts no options but ro and rw.

TAB=$(printf '\t')

# cell FILE: the first line of FILE into $cell
cell() {
  cell=@absent
  [ -e "$1" ] || return 0
  cell=
  { IFS= read -r cell <"$1"; } 2>/dev/null
  # mmcblk and USB disks pad their names with blanks
  cell=${cell%"${cell##*[! ]}"}
  cell=${cell#"${cell%%[! ]*}"}
  case $cell in
    '') cell=@unreadable ;;
    *"$TAB"*) cell=@unreadable ;;
  esac
}

# link_name LINK: the last part of where LINK points to, into $cell
link_name() {
  cell=@absent
  if [ -L "$1" ]; then
    cell=$(readlink "$1") && [ -n "$cell" ] || cell=@unreadable
    cell=${cell##*/}
  fi
}

# need TOOL: does the tool exist? otherwise say so by exit code 127
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  echo "$1 is not installed" >&2
  return 127
}

# nothing WHAT: this machine has no such thing
nothing() {
  echo "$1 does not exist" >&2
  return 66
}

row() { # NAME VALUE
  printf '%s\t%s\n' "$1" "$2"
}

row_file() { # NAME FILE
  cell "$2"
  row "$1" "$cell"
}

row_exists() { # NAME PATH
  if [ -e "$2" ]; then row "$1" yes; else row "$1" no; fi
}

os_release() {
  if [ -e /etc/os-release ]; then cat /etc/os-release; else cat /usr/lib/os-release; fi
}

uname_rows() {
  row sysname "$(uname -s)"
  row release "$(uname -r)"
  row machine "$(uname -m)"
  row nodename "$(uname -n)"
}

dpkg_arch() {
  need dpkg || return
  dpkg --print-architecture
}

detect_virt() {
  need systemd-detect-virt || return
  systemd-detect-virt
}

container_variable() {
  [ -e /proc/1/environ ] || { row container_env @absent; return; }
  if names=$(tr '\0' '\n' </proc/1/environ 2>/dev/null); then
    value=$(printf '%s\n' "$names" | sed -n 's/^container=//p')
    row container_env "${value:-@absent}"
  else
    row container_env @unreadable
  fi
}

# The x86 "hypervisor" bit; other processors have no such bit, so the answer there is @absent.
hypervisor_flag() {
  awk -F: '
    /^flags[ \t]*:/ { seen = 1; if ((" " $2 " ") ~ / hypervisor /) found = 1; exit }
    END { print "hypervisor_flag\t" (found ? "yes" : (seen ? "no" : "@absent")) }
  ' /proc/cpuinfo
}

virt_evidence() {
  container_variable
  row_file systemd_container /run/systemd/container
  row_exists dockerenv /.dockerenv
  row_exists containerenv /run/.containerenv
  row_exists openvz /proc/vz/veinfo
  row_exists openvz_host /proc/bc
  row_file hypervisor_type /sys/hypervisor/type
  row_file device_tree_hypervisor /proc/device-tree/hypervisor/compatible
  hypervisor_flag
}

device_tree_model() {
  if [ -r /proc/device-tree/model ]; then
    row device_tree_model "$(tr -d '\0\n\t' </proc/device-tree/model)"
  else
    row device_tree_model @absent
  fi
}

raspberry_sources() {
  for list in /etc/apt/sources.list.d/raspi.list /etc/apt/sources.list.d/raspi.sources; do
    [ -e "$list" ] && { row raspberry_sources yes; return; }
  done
  row raspberry_sources no
}

kind_evidence() {
  row_exists pve_directory /etc/pve
  device_tree_model
  raspberry_sources
  row_exists rpi_issue /etc/rpi-issue
  row_exists display_manager /etc/systemd/system/display-manager.service
  link_name /etc/systemd/system/default.target
  row default_target "$cell"
}

pve_version() {
  need pveversion || return
  timeout 20 pveversion
}

dmi() {
  [ -d /sys/class/dmi/id ] || { nothing /sys/class/dmi/id; return; }
  for name in sys_vendor product_name product_version board_vendor board_name chassis_type \
    bios_vendor bios_version bios_date; do
    row_file "$name" "/sys/class/dmi/id/$name"
  done
}

# Every distinct value of the lines that name a processor: x86, ARM, POWER and RISC-V write different ones.
cpu() {
  awk -F: '
    function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); gsub(/\t/, " ", text); return text }
    { key = trim($1); value = trim(substr($0, index($0, ":") + 1)); known = 0 }
    key == "processor" || key ~ /^processor [0-9]+$/ { count++ }
    key ~ /^(vendor_id|model name|Hardware|Model|cpu|uarch)$/ { known = 1 }
    key ~ /^CPU (implementer|part|variant|architecture)$/ { known = 1 }
    known && !((key, value) in seen) { seen[key, value] = 1; print key "\t" value }
    END { if (count) print "processors\t" count }
  ' /proc/cpuinfo
}

cpu_count() {
  need nproc || return
  env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc
}

memory() {
  awk '/^(Mem|Swap)(Total|Free|Available):/' /proc/meminfo
}

# -l: a network file system whose server is gone would block; it is listed by `mounts` and not measured.
df_bytes() { timeout 20 df -P -T -B1 -l; }
df_inodes() { timeout 20 df -P -T -i -l; }

# device, root, mount point, ro|rw of the mount, type, source, ro|rw of the file system (blanks stay written as \040)
mounts() {
  awk '
    function mode(list) { return ("," list ",") ~ /,(ro|emergency_ro|shutdown),/ ? "ro" : "rw" }
    {
      dash = 0
      for (i = 7; i <= NF; i++) if ($i == "-") { dash = i; break }
      if (!dash) next
      print $3 "\t" $4 "\t" $5 "\t" mode($6) "\t" $(dash + 1) "\t" $(dash + 2) "\t" mode($(dash + 3))
    }
  ' /proc/self/mountinfo
}

# mount point and ro|rw only: the options of a network share may hold a password
fstab() {
  [ -e /etc/fstab ] || { nothing /etc/fstab; return; }
  awk '$1 !~ /^#/ && NF >= 4 { print $2 "\t" (("," $4 ",") ~ /,ro,/ ? "ro" : "rw") }' /etc/fstab
}

# name, size in sectors of 512 bytes (always 512, whatever the disk has), rotational, removable, model, read-only
block() {
  [ -d /sys/block ] || { nothing /sys/block; return; }
  for path in /sys/block/*; do
    name=${path##*/}
    case $name in '*' | loop* | ram* | zram* | fd*) continue ;; esac
    line=$name
    for file in size queue/rotational removable device/model ro; do
      cell "$path/$file"
      line=$line$TAB$cell
    done
    # SD cards and eMMC carry their name in another file
    cell "$path/device/name"
    printf '%s\t%s\n' "$line" "$cell"
  done
}

# name, ARPHRD type, address, state, speed in Mbit/s, driver, hardware|virtual
net() {
  [ -d /sys/class/net ] || { nothing /sys/class/net; return; }
  for path in /sys/class/net/*; do
    [ -d "$path" ] || continue
    line=${path##*/}
    for file in type address operstate speed; do
      cell "$path/$file"
      line=$line$TAB$cell
    done
    link_name "$path/device/driver"
    line=$line$TAB$cell
    if [ -e "$path/device" ]; then line=$line${TAB}hardware; else line=$line${TAB}virtual; fi
    printf '%s\n' "$line"
  done
}

ip_addresses() {
  need ip || return
  timeout 10 ip -o addr
}

# model names from pci.ids, where the machine happens to have that file; "vendor:device<TAB>name" rows
pci_names() { # ids as "vvvv dddd" lines on standard input
  for ids in /usr/share/misc/pci.ids /usr/share/hwdata/pci.ids; do
    [ -r "$ids" ] || continue
    awk '
      FNR == NR { wanted[$1 ":" $2] = 1; next }
      /^C / { exit }
      /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]  / { vendor = $1; next }
      /^\t[0-9a-f]/ { id = vendor ":" substr($0, 2, 4); if (id in wanted) print id "\t" substr($0, 8) }
    ' - "$ids"
    return
  done
  nothing pci.ids
}

# slot, class, vendor, device, driver; only storage (01), network (02), display (03) and accelerators (12)
pci_rows() {
  for path in /sys/bus/pci/devices/*; do
    [ -e "$path/class" ] || continue
    cell "$path/class"
    case $cell in 0x01* | 0x02* | 0x03* | 0x12*) ;; *) continue ;; esac
    line=${path##*/}$TAB$cell
    for file in vendor device; do
      cell "$path/$file"
      line=$line$TAB$cell
    done
    link_name "$path/driver"
    printf '%s\n' "$line$TAB$cell"
  done
}

pci() {
  [ -d /sys/bus/pci/devices ] || { nothing /sys/bus/pci/devices; return; }
  pci_rows
}

pci_models() {
  [ -d /sys/bus/pci/devices ] || { nothing /sys/bus/pci/devices; return; }
  pci_rows | awk -F '\t' '{ sub(/^0x/, "", $3); sub(/^0x/, "", $4); print $3, $4 }' | sort -u | pci_names
}

# graphics that do not sit on PCI (a Raspberry Pi's): card, driver, device-tree name
display() {
  [ -d /sys/class/drm ] || { nothing /sys/class/drm; return; }
  for path in /sys/class/drm/card[0-9] /sys/class/drm/card[0-9][0-9]; do
    [ -e "$path/device" ] || continue
    link_name "$path/device/subsystem"
    bus=$cell
    link_name "$path/device/driver"
    driver=$cell
    compatible=$(sed -n 's/^OF_COMPATIBLE_0=//p' "$path/device/uevent" 2>/dev/null)
    printf '%s\t%s\t%s\t%s\n' "${path##*/}" "$bus" "$driver" "${compatible:-@absent}"
  done
}

# source, sensor, thousandths of a degree, critical (same unit)
temperatures() {
  [ -d /sys/class/hwmon ] || [ -d /sys/class/thermal ] || { nothing 'a temperature sensor'; return; }
  for input in /sys/class/hwmon/hwmon*/temp*_input; do
    [ -e "$input" ] || continue
    base=${input%_input}
    cell "${input%/*}/name"
    line=$cell
    cell "${base}_label"
    [ "$cell" = @absent ] && cell=${base##*/}
    line=$line$TAB$cell
    cell "$input"
    line=$line$TAB$cell
    cell "${base}_crit"
    printf '%s\n' "$line$TAB$cell"
  done
  for zone in /sys/class/thermal/thermal_zone*; do
    [ -e "$zone/temp" ] || continue
    cell "$zone/type"
    line=thermal_zone$TAB$cell
    cell "$zone/temp"
    printf '%s\n' "$line$TAB$cell$TAB@absent"
  done
}

raspberry_throttled() {
  cell /sys/devices/platform/soc/soc:firmware/get_throttled
  if [ "$cell" = @absent ] && command -v vcgencmd >/dev/null 2>&1; then
    cell=$(timeout 10 vcgencmd get_throttled 2>/dev/null) || cell=@unreadable
    cell=${cell#throttled=}
  fi
  row throttled "${cell:-@unreadable}"
}

undervoltage_alarm() {
  for path in /sys/class/hwmon/hwmon*; do
    cell "$path/name"
    [ "$cell" = rpi_volt ] || continue
    row_file undervoltage_alarm "$path/in0_lcrit_alarm"
    return
  done
  row undervoltage_alarm @absent
}

raspberry_power() {
  [ -e /proc/device-tree/model ] || { nothing 'a device tree'; return; }
  raspberry_throttled
  undervoltage_alarm
}

# without arguments it only compares: exit 0 current, 1 update available, 2 failed, 3 frozen
raspberry_eeprom() {
  need rpi-eeprom-update || return
  timeout 20 rpi-eeprom-update
}

systemd_state() {
  [ -d /run/systemd/system ] || { nothing 'a running systemd'; return; }
  timeout 10 systemctl is-system-running
}

systemd_failed() {
  [ -d /run/systemd/system ] || { nothing 'a running systemd'; return; }
  timeout 10 systemctl list-units --state=failed --plain --no-legend --no-pager --full
}

section os_release os_release
section debian_version cat /etc/debian_version
section dpkg_arch dpkg_arch
section uname uname_rows
section clock date +%s
section virt_detect detect_virt
section virt_evidence virt_evidence
section kind_evidence kind_evidence
section pve_version pve_version
section dmi dmi
section cpu cpu
section cpu_count cpu_count
section meminfo memory
section loadavg cat /proc/loadavg
section uptime cat /proc/uptime
section boot_id cat /proc/sys/kernel/random/boot_id
section df_bytes df_bytes
section df_inodes df_inodes
section mounts mounts
section fstab fstab
section block block
section net net
section ip_addresses ip_addresses
section pci pci
section pci_models pci_models
section display display
section temperatures temperatures
section raspberry_power raspberry_power
section raspberry_eeprom raspberry_eeprom
section systemd_state systemd_state
section systemd_failed systemd_failed
:
