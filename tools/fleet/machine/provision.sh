#!/bin/sh
# Runs once per suite in the image under construction: users, sudo rules, sshd, synthetic packages.
# provision.sh SUITE PACKAGE_FILE...
set -eu
suite=$1
shift
here=/run/fleet/machine
support=/usr/lib/fleet

add_user() { # NAME PASSWORD SUDO
  [ "$1" = root ] || useradd --create-home --shell /bin/bash "$1"
  # Few hash rounds: these passwords are public, and logins must not cost the box's processor.
  [ "$2" = - ] || echo "$1:$2" | chpasswd -c SHA256 -s 1000
  case $3 in
    password) usermod -aG sudo "$1" ;;
    nopasswd) echo "$1 ALL=(ALL) NOPASSWD: ALL" >>/etc/sudoers.d/fleet ;;
    requiretty)
      echo "$1 ALL=(ALL) NOPASSWD: ALL" >>/etc/sudoers.d/fleet
      echo "Defaults:$1 requiretty" >>/etc/sudoers.d/fleet
      ;;
  esac
}

add_users() {
  umask 022
  : >/etc/sudoers.d/fleet
  chmod 440 /etc/sudoers.d/fleet
  grep -v '^#' "$here/users" | while read -r name password _ sudo; do add_user "$name" "$password" "$sudo"; done
  chage -d 0 expired
  bashrc=/home/noisy/.bashrc
  {
    echo 'echo "*** welcome to a shell that talks before it works ***"'
    echo 'echo "and that complains on the error stream" >&2'
    cat "$bashrc"
  } >"$bashrc.new"
  cat "$bashrc.new" >"$bashrc"
  rm "$bashrc.new"
}

configure_sshd() {
  printf '%s\n' 'PermitRootLogin yes' 'PasswordAuthentication yes' 'UseDNS no' >/etc/ssh/sshd_config.d/50-fleet.conf
  rm -f /etc/ssh/ssh_host_*
}

install_support() {
  mkdir -p "$support"
  install -m 755 "$here/init" "$here/power" "$here/uname" "$here/hold-lock" "$support/"
  for command in reboot poweroff halt shutdown; do ln -s "$support/power" "/usr/local/sbin/$command"; done
  dpkg-divert --quiet --local --rename --add /usr/bin/uname
  ln -s "$support/uname" /usr/bin/uname
  # No service manager runs here by default: maintainer scripts must not try to start anything.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
}

# The real archive is kept aside: a machine sees the synthetic repository only, unless it is told otherwise.
set_archive_aside() {
  mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
  {
    echo "deb $mirror $suite main"
    echo "deb $mirror $suite-updates main"
    echo "deb ${mirror%/debian}/debian-security $suite-security main"
  } >"$support/debian.list"
  rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
}

install_packages() {
  for file; do
    set -- "$@" "/run/fleet/pool/$file"
    shift
  done
  dpkg --install "$@"
  apt-mark -qq auto fleet-lib1
  rm -f /run/reboot-required /run/reboot-required.pkgs
}

forget_history() {
  apt-get clean
  rm -rf /var/log/apt/* /var/lib/apt/lists/* /etc/machine-id
  : >/var/log/dpkg.log
}

mkdir -p /etc/apt/keyrings
add_users
configure_sshd
install_support
set_archive_aside
install_packages "$@"
forget_history
