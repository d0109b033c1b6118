# shellcheck shell=bash
# Says in one line what this box lacks.

readonly REQUIRED_COMMANDS=(
  debootstrap:debootstrap apt-ftparchive:apt-utils gpg:gnupg ssh-keygen:openssh-client unshare:util-linux
  nsenter:util-linux setpriv:util-linux flock:util-linux dpkg-deb:dpkg
)

missing_packages() {
  local pair
  for pair in "${REQUIRED_COMMANDS[@]}"; do
    command -v "${pair%:*}" >/dev/null || echo "${pair#*:}"
  done | sort -u
}

can_unshare() {
  unshare --time --boottime -1 --fork --kill-child --pid --mount --uts --ipc --cgroup --propagation private true 2>/dev/null
}

can_overlay() {
  local place status
  place=$(mktemp -d "$1/.overlay.XXXXXX") || return 1
  mkdir "$place/lower" "$place/upper" "$place/work" "$place/root"
  unshare --mount mount -t overlay overlay \
    -o "lowerdir=$place/lower,upperdir=$place/upper,workdir=$place/work" "$place/root" 2>/dev/null
  status=$?
  rm -rf "$place"
  return "$status"
}

images_complaint() {
  local suite base
  for suite in bookworm trixie; do
    base=$(base_path "$suite")
    [ ! -d "$base" ] || [ -x "$base/usr/sbin/sshd" ] || echo "the image $base has no sshd: delete it"
  done
}

complaints() {
  local packages
  [ "$(uname -s)" = Linux ] || { echo 'this is not Linux' && return; }
  [ "$(id -u)" = 0 ] || { echo 'root is needed' && return; }
  [ -f /etc/debian_version ] || echo 'this is not Debian or a relative of it'
  packages=$(missing_packages | paste -sd' ')
  [ -z "$packages" ] || { echo "these Debian packages are missing: $packages" && return; }
  can_unshare || echo 'namespaces (process, mount, time) cannot be made here'
  mkdir -p "$FLEET_ROOT" && can_overlay "$FLEET_ROOT" || echo "overlayfs does not work on $FLEET_ROOT"
  [ ${#FLEET_ROOT} -le 70 ] || echo "the path $FLEET_ROOT is too long for gpg's socket"
  [[ $FLEET_NET =~ ^127\.[0-9]+\.[0-9]+$ ]] || echo "FLEET_NET must be three numbers of a loopback network, not $FLEET_NET"
  images_complaint
  find_node >/dev/null || echo 'no node found (set NODE)'
  { [ -d "$(base_path bookworm)" ] && [ -d "$(base_path trixie)" ]; } || [ -n "$(archive_mirror)" ] ||
    echo 'no Debian archive found in the apt sources (set FLEET_MIRROR)'
}

doctor() {
  local all
  all=$(complaints | awk 'NR > 1 { printf "; " } { printf "%s", $0 }')
  [ -z "$all" ] || die "$all"
}
