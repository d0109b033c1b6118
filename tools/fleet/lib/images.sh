# shellcheck shell=bash
# What machines are made of: a debootstrapped base per suite, a layer of users and packages on it, optional variants on
# that. Each is a folder in the shared cache, named after a fingerprint of what went into it: a change of any input makes
# another folder, and a half-made one never gets its final name.

readonly BASE_PACKAGES=openssh-server,sudo,procps,iproute2

# The archive that this box itself uses: the only one known to be reachable from here.
archive_mirror() {
  [ -n "${FLEET_MIRROR:-}" ] && echo "$FLEET_MIRROR" && return
  apt-get indextargets --format "\$(REPO_URI) \$(COMPONENT)" 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "main" && $1 ~ /\/debian\/?$/ { sub("/$", "", $1); print $1; exit }'
}

base_path() { echo "$FLEET_CACHE/base-$1-$(fingerprint_of 1 "$1" "$BASE_PACKAGES")"; } # SUITE

layer_path() { # SUITE
  echo "$FLEET_CACHE/layer-$1-$(fingerprint_of "$(base_path "$1")" "$(pool_path)" "$FLEET_HOME"/machine/*)"
}

variant_path() { # SUITE VARIANT
  echo "$FLEET_CACHE/layer-$1-$2-$(fingerprint_of "$(layer_path "$1")" "$2")"
}

# image_layers SUITE [VARIANT] : the read-only folders of a machine, topmost first, as overlayfs wants them
image_layers() {
  echo "${2:+$(variant_path "$1" "$2"):}$(layer_path "$1"):$(base_path "$1")"
}

layers_present() { # PATH:PATH.. : false when the cache was emptied under a machine
  local path paths
  IFS=: read -ra paths <<<"$1"
  for path in "${paths[@]}"; do [ -d "$path" ] || return 1; done
}

# build_layer RESULT LOWER CMD.. : runs CMD in a chroot of LOWER and keeps what it changed as RESULT
build_layer() {
  local result=$1 lower=$2 upper=$1.tmp
  shift 2
  rm -rf --one-file-system "$upper" "$upper.work" "$upper.root"
  mkdir -p "$upper" "$upper.work" "$upper.root"
  run_apart "$result.log" bash "$FLEET_HOME/fleet" __chroot "$lower" "$upper" "$@" ||
    die "cannot build ${result##*/}: see $result.log"
  rm -rf --one-file-system "$upper.work" "$upper.root"
  mv "$upper" "$result"
}

# enter_layer LOWER UPPER CMD.. : the inner half of build_layer, already apart
enter_layer() {
  local lower=$1 upper=$2 root=$2.root
  shift 2
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$upper.work" "$root" || exit 1
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mkdir -p "$root/run/fleet/pool" "$root/run/fleet/machine"
  mount --bind "$(pool_path)" "$root/run/fleet/pool"
  mount --bind "$FLEET_HOME/machine" "$root/run/fleet/machine"
  cat /etc/resolv.conf >"$root/etc/resolv.conf"
  exec chroot "$root" env -i "PATH=$MACHINE_PATH" HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

ensure_base() { # SUITE
  local base mirror
  base=$(base_path "$1")
  [ -d "$base" ] && return
  mirror=$(archive_mirror)
  [ -n "$mirror" ] || die "no Debian archive found in this box's apt sources; set FLEET_MIRROR"
  say "debootstrap of $1 from $mirror (once, about a minute)"
  rm -rf --one-file-system "$base.tmp"
  run_apart "$base.log" debootstrap --variant=minbase --include="$BASE_PACKAGES" "$1" "$base.tmp" "$mirror" ||
    die "debootstrap of $1 failed: see $base.log"
  mv "$base.tmp" "$base"
}

base_package_files() {
  local package version
  while IFS='|' read -r _ package version _; do package_file "$package" "$version"; done < <(distribution_rows base)
}

ensure_layer() { # SUITE
  local layer packages
  layer=$(layer_path "$1")
  [ -d "$layer" ] && return
  ensure_base "$1"
  say "layer of users and packages for $1"
  mapfile -t packages < <(base_package_files)
  build_layer "$layer" "$(base_path "$1")" sh /run/fleet/machine/provision.sh "$1" "${packages[@]}"
}

ensure_variant() { # SUITE VARIANT
  local layer
  layer=$(variant_path "$1" "$2")
  [ -d "$layer" ] && return
  say "layer $2 for $1 (packages from the Debian archive)"
  build_layer "$layer" "$(image_layers "$1")" sh "/run/fleet/machine/variant-$2.sh"
}

ensure_image() { # SUITE [VARIANT]
  layers_present "$(image_layers "$1" "$2")" && return
  lock_cache
  ensure_pool
  ensure_layer "$1"
  [ -z "$2" ] || ensure_variant "$1" "$2"
  unlock_cache
}
