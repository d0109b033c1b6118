#!/bin/sh
# shellcheck disable=SC2154,SC2317 # $work is set in 10-work.sh; functions are called through `keep`
# Restarts the machine, detached. Goes after changes.sh (step, keep, confirm_plan), apt-facts.sh, 10-work.sh and
# 40-machine.sh of apt-update-analyze/, apt-look.sh and reboot-facts.sh. Parameters: MACHINE_ID, WAIT_SECONDS
#
# The restart is asked for directly, not by a timer a moment later: nobody waits for an answer of this script, and so it
# learns whether the machine refused.

# refuse BY COMMAND…: keeps who refused and what it says, and ends the run before anything has happened
refuse() {
  keep "refused.$1" "$2"
  exit 75
}

said() { cat "$work/said"; }

# What `cluster_refuses` went by is kept under the names that the plan has for it: it is told in the same words.
refuse_cluster() {
  keep plan_migrations cat "$work/migrations"
  keep plan_quorum cat "$work/quorum"
  keep plan_ha cat "$work/ha"
  refuse cluster said
}

# molly-guard stands before the commands of a shell, not before the service manager; its checks are asked all the same.
guard_agrees() {
  for check in /etc/molly-guard/run.d/*; do
    [ -x "$check" ] || continue
    MOLLYGUARD_CMD=reboot "$check" </dev/null >"$work/said" 2>&1 || return 1
  done
}

restart() {
  if [ -d /run/systemd/system ]; then timeout 60 systemctl reboot; else timeout 60 reboot; fi
}

step check
take_status || exit 70
keep before boot_facts
keep failed_before failed_units
reboot_lines >"$work/lines"
confirm_plan "$work/lines"
plan_locks >"$work/said"
[ ! -s "$work/said" ] || refuse packages said
! inhibited >/dev/null || refuse inhibitor inhibitors
! backups_run "$work/said" || refuse backup said
cluster_refuses "$work" >"$work/said"
[ ! -s "$work/said" ] || refuse_cluster
guard_agrees || refuse guard said

step restart
sync
# The answer to the start of this run has to leave the machine before the machine goes: of a run that it never told of
# nobody could say anything if it did not come back.
sleep 2
# From here on a signal is the restart itself, which ends this script with everything else.
trap : HUP INT TERM
code=0
restart >"$work/said" 2>&1 || code=$?
[ "$code" = 0 ] || [ "$code" -gt 128 ] || refuse system said
