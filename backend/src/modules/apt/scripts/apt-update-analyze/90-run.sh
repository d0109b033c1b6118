# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317 # one script with the others of this folder; functions are called through `section`
# 90-run.sh - the sections, each by itself: a failing one hides no other.

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
if [ -n "$HISTORY_SINCE" ]; then
  section apt_history apt_history
  section dpkg_history dpkg_history
fi
exit 0
