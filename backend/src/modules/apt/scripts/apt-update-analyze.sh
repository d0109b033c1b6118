#!/bin/sh
# shellcheck disable=SC2317 # every function is called through `section`
# Collects everything that `apt_update_analyze` needs, in one run, as root.
#
# The prelude provides `section NAME command [args…]`: it runs the command (or a function of this file) in a subshell with
# stdin /dev/null and frames its stdout, stderr and exit code. Sections are independent: a failing one hides no other.
# Parameters (plain shell variables, never exported: a proxy URL may hold a password):
#   REFRESH=1|0          REFRESH_TIMEOUT  seconds for one whole `apt-get update`
#   FETCH_TIMEOUT        seconds that one connect or read may take
#   LOCK_WAIT            seconds to wait for the lists lock (DPkg::Lock::Timeout does not cover it)
#   PROXY_MODE=system|none|custom            PROXY_URL

REFRESH=${REFRESH:-1}
REFRESH_TIMEOUT=${REFRESH_TIMEOUT:-90}
FETCH_TIMEOUT=${FETCH_TIMEOUT:-10}
LOCK_WAIT=${LOCK_WAIT:-60}
PROXY_MODE=${PROXY_MODE:-system}
PROXY_URL=${PROXY_URL:-}

STATE_DIR=/var/lib/system-update
STAMPS=$STATE_DIR/apt-refresh
LISTS=/var/lib/apt/lists
EXPLAIN_MAX=15
# Of one command, in bytes. A thousand updates print a tenth of it; a command gone mad must not fill /run, which is memory.
OUTPUT_MAX=16777216
tab=$(printf '\t')

umask 077
# /run is a tmpfs: a file with a proxy password must not survive a power cut on disk.
work=$(mktemp -d /run/system-update-apt.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# bounded NAME COMMAND…: its output goes to $work/NAME up to OUTPUT_MAX, where SIGPIPE ends it; returns its exit code.
bounded() {
  output=$work/$1
  shift
  { "$@"; echo $? >"$output.rc"; } | head -c "$OUTPUT_MAX" >"$output"
  return "$(cat "$output.rc" 2>/dev/null || echo 70)"
}

apt_sim() { timeout -k 5 120 apt-get -s -q -o APT::Color=0 "$@"; }

# ---------------------------------------------------------------------------------------------- the machine, in key=value
environment() {
  printf 'now=%s\n' "$(date +%s)"
  printf 'kernel_release=%s\n' "$(uname -r)"
  printf 'kernel_version=%s\n' "$(uname -v)"
  printf 'architecture=%s\n' "$(dpkg --print-architecture)"
  printf 'foreign_architectures=%s\n' "$(dpkg --print-foreign-architectures | tr '\n' ' ')"
  printf 'systemd=%s\n' "$([ -d /run/systemd/system ] && echo yes || echo no)"
}

# ---------------------------------------------------------------------------------------------------------------- refresh
# apt reads APT_CONFIG first, apt.conf.d second and Dir::Etc::main last. Only the last place can override a proxy written in
# apt.conf.d, so main is replaced by a copy of itself that ends with our lines. A command line would show the password.
write_proxy_config() {
  case $PROXY_MODE in
    system) return 0 ;;
    none) proxy=DIRECT ;;
    custom) proxy=$PROXY_URL ;;
    *) echo "system-update: proxy_invalid: unknown mode" >&2; return 64 ;;
  esac
  case $proxy in
    DIRECT | http://?* | https://?* | socks5h://?*) ;;
    *) echo "system-update: proxy_invalid: not an http, https or socks5h URL" >&2; return 64 ;;
  esac
  case $proxy in
    *[\"\\\;\{\}]* | *[[:space:]]* | *[[:cntrl:]]*)
      echo "system-update: proxy_invalid: forbidden character" >&2; return 64 ;;
  esac
  main=/etc/apt/apt.conf
  eval "$(apt-config shell main Dir::Etc::main/f 2>/dev/null)"
  {
    [ ! -f "$main" ] || cat "$main"
    for scheme in http https; do
      printf '#clear Acquire::%s::Proxy;\n#clear Acquire::%s::Proxy-Auto-Detect;\n#clear Acquire::%s::ProxyAutoDetect;\n' \
        "$scheme" "$scheme" "$scheme"
      printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "$proxy"
    done
  } >"$work/apt-main.conf" || return 73
  printf 'Dir::Etc::main "%s";\n' "$work/apt-main.conf" >"$work/apt.conf" || return 73
}

# No retries: apt 2.6 waits without end when it retries a server that accepted and never answered. Its http method asks twice
# by itself, so a hanging suite costs two FETCH_TIMEOUTs.
update_once() {
  (
    [ ! -f "$work/apt.conf" ] || { APT_CONFIG=$work/apt.conf; export APT_CONFIG; }
    {
      timeout -k 10 "$REFRESH_TIMEOUT" apt-get -q update \
        -o APT::Color=0 -o APT::Update::Error-Mode=any -o Acquire::Retries=0 \
        -o Acquire::http::Timeout="$FETCH_TIMEOUT" -o Acquire::https::Timeout="$FETCH_TIMEOUT" 2>&4
      echo $? >"$work/update.rc"
    } 4>&1 >&3 | head -c "$OUTPUT_MAX" >"$work/update.err"
  ) 3>&1 | head -c "$OUTPUT_MAX" | tee "$work/update.out"
}

# `apt-get update` gives up at once when the lists lock is taken, so the bounded waiting is done here.
refresh() {
  [ "$REFRESH" = 1 ] || return 0
  date +%s >"$work/started"
  attempts=0
  rc=0
  write_proxy_config || rc=$?
  if [ "$rc" = 0 ]; then
    deadline=$(($(date +%s) + LOCK_WAIT))
    while :; do
      attempts=$((attempts + 1))
      update_once
      rc=$(cat "$work/update.rc" 2>/dev/null || echo 70)
      grep -q -e "ould not get lock $LISTS/lock" -e "nable to lock directory $LISTS" "$work/update.err" || break
      [ "$(date +%s)" -lt "$deadline" ] || break
      printf '# waiting: %s\n' "$(head -n 1 "$work/update.err")"
      sleep 2
    done
    cat "$work/update.err" >&2
  fi
  date +%s >"$work/ended"
  echo "$attempts" >"$work/attempts"
  return "$rc"
}

refresh_facts() {
  printf 'requested=%s\nproxy_mode=%s\n' "$REFRESH" "$PROXY_MODE"
  printf 'refresh_timeout=%s\nfetch_timeout=%s\n' "$REFRESH_TIMEOUT" "$FETCH_TIMEOUT"
  (
    [ ! -f "$work/apt.conf" ] || { APT_CONFIG=$work/apt.conf; export APT_CONFIG; }
    for scheme in http https; do
      proxy=
      eval "$(apt-config shell proxy "Acquire::$scheme::Proxy" 2>/dev/null)"
      printf 'proxy_%s=%s\n' "$scheme" "$(printf '%s' "$proxy" | sed 's#://[^/]*@#://***@#')"
    done
  )
  [ -f "$work/ended" ] || return 0
  printf 'attempts=%s\nstarted=%s\nended=%s\n' "$(cat "$work/attempts")" "$(cat "$work/started")" "$(cat "$work/ended")"
}

# List files carry the server's Last-Modified, and an all-Hit refresh touches nothing: the only trustworthy time of the last
# good refresh is our own note. One line per repository: epoch, URI, suite.
note_successes() {
  [ -f "$work/update.out" ] && [ -f "$work/update.err" ] || return 0
  mkdir -p "$STATE_DIR" || return
  # "Get" is printed when a transfer starts: in a run that was ended from outside it proves nothing.
  case $(cat "$work/update.rc") in 124 | 137) cut_short=1 ;; *) cut_short=0 ;; esac
  awk -v cut_short="$cut_short" -v now="$(cat "$work/started")" -v stamps="$work/stamps" '
    FILENAME == stamps { split($0, old, "\t"); before[old[2] "\t" old[3]] = old[1]; next }
    FILENAME ~ /update\.err$/ { if (/^[WE]: /) complaints = complaints "\n" $0 " "; next }
    /^(Hit|Get|Ign|Err):[0-9]+ / {
      split($1, head, ":")
      last[head[2]] = head[1]; uri[head[2]] = $2; suite[head[2]] = $3; item[head[2]] = $4
    }
    END {
      for (n in last) if (item[n] == "InRelease" || item[n] == "Release") {
        key = uri[n] "\t" suite[n]
        if (last[n] == "Hit" || (last[n] == "Get" && !cut_short)) good[key] = 1
      }
      for (n in last) if (last[n] == "Err") for (key in good) {
        split(key, part, "\t")
        if (uri[n] == part[1] && (suite[n] == part[2] || index(suite[n], part[2] "/") == 1)) delete good[key]
      }
      for (key in good) {
        split(key, part, "\t")
        if (index(complaints, part[1] " " part[2] " ") || index(complaints, part[1] "/dists/" part[2] "/")) continue
        before[key] = now
      }
      for (key in before) print before[key] "\t" key
    }' "$work/stamps" "$work/update.err" "$work/update.out" >"$STAMPS.new" && mv "$STAMPS.new" "$STAMPS"
}

# ------------------------------------------------------------------------------------------------------------ simulations
# Conf lines repeat Inst lines; only those that stand alone (half-configured packages) say something.
simulate() {
  name=$1
  shift
  bounded "$name" apt_sim "$@"
  rc=$?
  awk '/^Inst /{ seen[$2] = 1 } /^Conf / && ($2 in seen) { next } /^(Reading|Building|Calculating) /{ next } { print }' "$work/$name"
  return "$rc"
}

installs_of() { awk '$1 == "Inst" { print $2 }' "$@" 2>/dev/null; }

# name=version of every package that a plan would put on the machine
targets_of() {
  awk '$1 == "Inst" { v = $3; if (v ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }' "$@" 2>/dev/null | sort -u
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

removals_of() { awk '$1 == "Remv" || $1 == "Purg" { print $2 }' "$@" 2>/dev/null; }

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

# ------------------------------------------------------------------------------------------------------------------- dpkg
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

# ------------------------------------------------------------------------------------------------------------------ index
# Every configured repository, reached or not, with the names of its list files; no network, no lock.
configured() {
  bounded uris apt-get -q update --print-uris
  rc=$?
  sed -n "s#://[^/']*@#://***@#
    s#^'\\([^']*Release\\)' \\([^ ]*\\) .*#\\1${tab}\\2#p
    s#^'\\([^']*/Packages\\)[.a-z0-9]*' \\([^ ]*\\) .*#\\1${tab}\\2#p" "$work/uris"
  return "$rc"
}

# The few header fields of every Release file on the machine, and which package lists are there.
index_files() {
  [ -d "$LISTS" ] || return 66
  for f in "$LISTS"/*Release; do
    [ -f "$f" ] || continue
    awk -v file="${f##*/}" -v mtime="$(stat -c %Y "$f")" '
      /^(Date|Valid-Until|NotAutomatic|ButAutomaticUpgrades): / { key = $1; sub(/^[^:]*: */, ""); v[key] = $0 }
      /^(MD5Sum|SHA1|SHA256|SHA512):/ { exit }
      END { print "release\t" file "\t" mtime "\t" v["Date:"] "\t" v["Valid-Until:"] "\t" v["NotAutomatic:"] "\t" v["ButAutomaticUpgrades:"] }' "$f"
  done
  find "$LISTS" -maxdepth 1 -type f \( -name '*_Packages' -o -name '*_Packages.*' \) -printf 'packages\t%f\n'
}

stamps() {
  [ ! -f "$work/stamps" ] || cat "$work/stamps"
  for f in /var/lib/apt/periodic/update-success-stamp /var/lib/apt/periodic/update-stamp; do
    [ ! -f "$f" ] || printf '%s\t%s\n' "$(stat -c %Y "$f")" "${f##*/}"
  done
}

# ----------------------------------------------------------------------------------------------------------------- reboot
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

# ------------------------------------------------------------------------------------------------ other updaters and space
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

# ------------------------------------------------------------------------------------------------------------------- run
: >"$work/holds"
: >"$work/status"
: >"$work/policy"
cat "$STAMPS" >"$work/stamps" 2>/dev/null

section environment environment
section apt_version apt-get --version
section refresh refresh
section refresh_facts refresh_facts
section stamps stamps
section note_successes note_successes
section configured configured
section index_files index_files
section dpkg_state dpkg_state
section dpkg_updates dpkg_updates
section dpkg_audit dpkg --audit
section holds holds
section sim_upgrade simulate sim_upgrade upgrade
section sim_new simulate sim_new --with-new-pkgs upgrade
section sim_dist simulate sim_dist dist-upgrade
section sim_autoremove simulate sim_autoremove autoremove
section policy_sources apt-cache policy
section policy_packages policy_packages
section sim_phased simulate_phased
section explain explain
section records records
section installed_records installed_records
section reboot_flag reboot_flag
section kernels kernels
section container container
section init_maps init_maps
section needrestart needrestart_batch
section co_managers co_managers
section space space
exit 0
