#!/bin/sh
# Runs once per suite in the image under construction: the real service manager instead of the small init.
set -eu
sources='-o Dir::Etc::SourceList=/usr/lib/fleet/debian.list -o Dir::Etc::SourceParts=/dev/null'
# shellcheck disable=SC2086
apt-get $sources -qq update
# shellcheck disable=SC2086
apt-get $sources -qq -y --no-install-recommends install systemd systemd-sysv dbus libpam-systemd needrestart

# Units that would touch the box's kernel, clock or network, or start work of their own in the middle of a test.
systemctl mask systemd-udevd.service systemd-udev-trigger.service systemd-networkd.service systemd-resolved.service \
  systemd-timesyncd.service systemd-sysctl.service systemd-modules-load.service systemd-random-seed.service \
  console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
systemctl enable ssh.service
systemctl set-default multi-user.target

rm -f /usr/sbin/policy-rc.d
for command in reboot poweroff halt shutdown; do rm -f "/usr/local/sbin/$command"; done
apt-get clean
rm -rf /var/log/apt/* /var/lib/apt/lists/* /etc/machine-id
