# shellcheck shell=bash
# Every state really shows what its name promises, in apt's and dpkg's own words.

readonly NEW_PACKAGES=(--with-new-pkgs upgrade)

check_updates() {
  enter clean
  shows '^0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded' plan dist-upgrade
  hides '^Remv' plan autoremove
  shows '^6.1.0-1-fleet$' on uname -r

  enter plain
  shows '^Inst fleet-plain \[1.0\] \(1.1 Fleet:stable-updates \[all\]\)' plan upgrade

  enter named-security
  shows '^Inst fleet-security-notes \[1.0\] \(1.1 Fleet:stable-updates' plan upgrade

  enter security
  shows '^Inst fleet-guard \[1.0-1\] \(1.0-1\+deb1[23]u1 Debian-Security:stable-security' plan upgrade
  shows "n=$SUITE-security,l=Debian-Security" on apt-cache policy

  enter security overtaking
  shows '^Inst fleet-guard \[1.0-1\] \(2.0-1 Fleet:stable-updates' plan upgrade
  shows '^ +1.0-1\+deb1[23]u1 500' on apt-cache policy fleet-guard

  enter pair-security
  shows '^Inst fleet-pair \[1.0\] \(1.0\+fix1 Debian-Security:stable-security' plan upgrade
  shows '^Inst fleet-pair-data \[1.0\] \(1.0\+fix1 Debian-Security:stable-security' plan upgrade
  shows '^fleet-pair$' on dpkg-query -W -f "\${source:Package}\n" fleet-pair-data
  shows '^Inst fleet-pair-data \[1.0\] \(1.0\+fix1' plan install fleet-pair

  enter plain later
  shows '^Inst fleet-plain \[1.0\] \(1.2 ' plan upgrade

  enter new-dependency
  hides '^Inst' plan upgrade
  shows '^Inst fleet-lib2 \(2.0' plan "${NEW_PACKAGES[@]}"
  shows '^Inst fleet-newdep \[1.0\] \(2.0' plan "${NEW_PACKAGES[@]}"

  enter removal
  hides '^(Inst|Remv)' plan "${NEW_PACKAGES[@]}"
  shows '^Remv fleet-old ' plan dist-upgrade
  shows '^Inst fleet-swap \[1.0\] \(2.0' plan dist-upgrade
}

check_choices() {
  enter held
  hides '^Inst' plan dist-upgrade
  shows '^fleet-held$' on apt-mark showhold
  shows '^Inst fleet-held' plan --ignore-hold dist-upgrade

  enter pinned
  hides '^Inst' plan dist-upgrade
  shows '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded' plan dist-upgrade
  shows 'Candidate: 1.0$' on apt-cache policy fleet-pinned
  shows '^     1.1 ' on apt-cache policy fleet-pinned

  enter phased
  hides '^Inst' plan dist-upgrade
  shows '^Inst fleet-phased \[1.0\] \(1.1' plan -o APT::Get::Always-Include-Phased-Updates=1 upgrade
  shows '1.1 .*phased 0%' on apt-cache policy fleet-phased
  if [ "$SUITE" = bookworm ]; then
    shows 'kept back' plan upgrade
  else
    shows 'deferred due to phasing' plan upgrade
  fi

  enter not-installable
  hides '^Inst' plan dist-upgrade
  shows '0 to remove and 1 not upgraded' plan dist-upgrade
  shows 'Depends: fleet-missing \(>= 9\) but it is not installable' plan install fleet-stuck=1.1

  enter downgrade
  shows 'DOWNGRADED' plan upgrade
  shows '^Inst fleet-newer \[1.5\] \(1.2 ' plan upgrade

  enter autoremovable
  shows '^Remv fleet-orphan' plan autoremove
}

check_odd_names() {
  enter hostile-label
  shows '^Inst fleet-plain \[1.0\] \(1.1 Fleet, Debian-Security:1/x \(beta\) \[all\]\), .*:stable-updates \[all\]\)$' plan upgrade
  enter hostile-lines
  shows '^Inst fleet-plain \[1.0\] \(1.1 Fleet$' plan upgrade
  shows '^ Remv fleet-lib1 \[1.0\]:stable-updates \[all\]\)$' plan upgrade
  enter hostile-name
  shows '^Inst fleet-.reboot.;reboot;.0&.*-lib2 \(2.0 ' plan "${NEW_PACKAGES[@]}"

  enter_afresh odd-version
  shows '^Inst fleet-odd \[1.0_beta\[1\]-' plan upgrade
  shows '^Inst fleet-odder \[1.0\] \(1.1_rc\[2\]-' plan upgrade
  "$FLEET" reset "$MACHINE"
}

readonly TOGETHER=(held pinned phased new-dependency removal not-installable security reboot-required plain downgrade)

check_together() {
  enter "${TOGETHER[@]}"
  shows '2 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 5 not upgraded' plan upgrade
  shows '3 upgraded, 1 newly installed, 1 downgraded, 0 to remove and 4 not upgraded' plan "${NEW_PACKAGES[@]}"
  shows '4 upgraded, 1 newly installed, 1 downgraded, 1 to remove and 3 not upgraded' plan dist-upgrade
  shows 'Candidate: 1.0$' on apt-cache policy fleet-pinned
  exits 0 on test -e /run/reboot-required
  enter clean
  hides '^(Inst|Remv)' plan dist-upgrade
  exits 1 on test -e /run/reboot-required
}

upgrade() { on env DEBIAN_FRONTEND=noninteractive apt-get -y "$@" dist-upgrade; }
status_of() { on dpkg-query -W -f "\${db:Status-Abbrev}|\${Version}" "$1"; } # PACKAGE

check_scripts() {
  enter_afresh conffile
  exits 0 upgrade
  shows 'from_version = 1.1' on cat /etc/fleet-conffile.conf

  enter_afresh conffile-question
  shows 'end of file on stdin at conffile prompt' upgrade
  shows '^i[UF] ' status_of fleet-conffile

  enter_afresh news
  exits 0 upgrade
  shows 'fleet-news .2\.0.' on zcat /usr/share/doc/fleet-news/NEWS.Debian.gz

  enter_afresh failing-script
  exits 100 upgrade
  shows '^iF ' status_of fleet-failing

  enter_afresh failing-preinst
  exits 100 upgrade
  shows '^ii .*1.0' status_of fleet-failing
  hides . on dpkg --audit

  enter_afresh file-conflict
  shows "trying to overwrite '/usr/share/doc/fleet-old/version', which is also in package fleet-old" upgrade
  shows '^ii \|1.0' status_of fleet-plain

  enter_afresh reads-stdin
  exits 100 upgrade
  shows '^iF ' status_of fleet-asking

  enter_afresh slow-script
  on sh -c 'echo 2 >/etc/fleet-slow.seconds'
  shows 'step 2 of 2' upgrade

  enter_afresh reboot-request
  exits 1 on test -e /run/reboot-required
  exits 0 upgrade
  shows '^fleet-reboot$' on cat /run/reboot-required.pkgs
}

check_kernel() {
  enter_afresh kernel
  hides '^Inst' plan upgrade
  shows '^Inst linux-image-6.1.0-2-fleet \(6.1.0-2' plan dist-upgrade

  enter_afresh kernel-not-booted
  shows '^6.1.0-1-fleet$' on uname -r
  exits 0 on test -e /boot/vmlinuz-6.1.0-2-fleet
  exits 1 on test -e /run/reboot-required

  enter_afresh kernel-skipped
  local former
  former=$(field bootId)
  on reboot
  eventually 'reboots' booted_again "$former"
  shows '^6.1.0-1-fleet$' on uname -r
  exits 0 on test -e /boot/vmlinuz-6.1.0-2-fleet

  enter reboot-required
  shows 'restart required' on cat /run/reboot-required
}

check_dpkg_trouble() {
  enter_afresh interrupted
  shows 'dpkg was interrupted' on apt-get -y dist-upgrade
  hides '^ii' status_of fleet-slow
  shows 'fleet-slow' on dpkg --audit

  enter_afresh half-configured
  shows '^iU \|1.1' status_of fleet-plain

  enter_afresh unmet-dependency
  exits 100 plan dist-upgrade
  shows 'Unmet dependencies' plan dist-upgrade

  enter_afresh large no-space
  shows 'No space left on device' upgrade

  enter_afresh no-space-archives
  shows '(enough free space|No space left)' upgrade
}

check_locks() {
  enter plain lock-frontend
  shows 'Could not get lock /var/lib/dpkg/lock-frontend' upgrade
  enter plain lock-dpkg
  shows 'Could not get lock /var/lib/dpkg/lock|Unable to acquire the dpkg' upgrade
  enter plain lock-archives
  shows 'Could not get lock /var/cache/apt/archives/lock' upgrade
  enter lock-lists
  shows 'Could not get lock /var/lib/apt/lists/lock' refresh
  enter clean
  exits 0 refresh
}

# A failure of one repository, in apt's words; the healthy one beside it is read all the same.
refuses() { # STATE PATTERN
  enter "$1"
  on find /var/lib/apt/lists -type f -delete
  shows "$2" refresh
  shows '^fleet-plain' on apt-cache pkgnames fleet-plain
}

check_repositories() {
  refuses repo-401 '401 +Unauthorized'
  refuses repo-404 '404 +Not Found'
  refuses repo-500 '500 +Internal Server Error'
  refuses repo-hang '(timed out|Connection failed)'
  refuses repo-cut 'remote end closed connection'
  refuses repo-refused 'Connection refused'
  refuses repo-dns '(Could not resolve|Temporary failure resolving)'
  refuses repo-expired '(expired|no longer valid)'
  refuses repo-future 'not valid yet'
  refuses repo-unsigned 'is not signed'
  refuses repo-wrong-key '(NO_PUBKEY|Missing key)'
  refuses repo-key-expired '(EXPKEYSIG|expired)'
  refuses repo-index-hash 'Hash Sum mismatch|unexpected size'

  enter repo-slow
  exits 0 refresh
  shows '^Inst fleet-plain' plan upgrade

  enter repo-old
  exits 0 refresh
  shows 'Date: Mon, 01 Jan 2024' on sh -c 'cat /var/lib/apt/lists/*_bad-old_InRelease'

  enter repo-deb-hash
  refresh_quietly
  shows 'Hash Sum mismatch' upgrade --download-only
  enter repo-deb-401
  refresh_quietly
  shows '401 +Unauthorized' upgrade --download-only
  enter repo-deb-missing
  refresh_quietly
  shows '404 +Not Found' upgrade --download-only

  enter repo-duplicate
  shows 'configured multiple times' refresh
  enter repo-label
  shows "changed its 'Label' value from 'Former Fleet' to 'Fleet'" refresh
}

oldest_list_days() {
  on find /var/lib/apt/lists -type f -name '*_Packages' -mtime +40
}

check_lists() {
  enter lists-old
  shows '_Packages$' oldest_list_days
  exits 0 refresh
  enter lists-stuck
  shows '_Packages$' oldest_list_days
  shows 'Connection refused' refresh
  shows '_Packages$' oldest_list_days
  enter lists-none
  hides '_Packages$' on ls /var/lib/apt/lists
  enter proxy plain
  exits 0 refresh
  shows '/dists/plain/.*"proxied":true' tail -n 50 "$FLEET_ROOT/apt-server/access.log"
}

check_all_states() { # MACHINE SUITE
  select_machine "$@"
  check_updates
  check_choices
  check_together
  check_odd_names
  check_locks
  check_repositories
  check_lists
  check_scripts
  check_kernel
  check_dpkg_trouble
}
