# shellcheck shell=sh
# shellcheck disable=SC2154 # set in common.sh
# force.sh - ends a detached run that is alive, whatever it is doing. After common.sh. Parameter: RUN_ID.
#
# What ends is what lives in the session of the run, and what descends from that now. A daemon that a script of it has started
# is neither: it lives on.

# Tenths of a second for an orderly end, and until it is said that something could not be ended.
run_gently=50
run_at_most=200

# run_list: every process that lives, as process:start:parent:session, into $run_all
run_list() {
  run_all=
  for run_proc in /proc/[0-9]*; do
    if run_ticks "${run_proc#/proc/}"; then run_all="$run_all ${run_proc#/proc/}:$run_ticks:$run_parent:$run_session"; fi
  done
}

# run_members: those of them that are of the run into $run_alive, as process:start. Whoever was once found to be stays so: with
# its parent gone nothing else tells.
run_members() {
  run_list
  run_alive=' ' run_before=
  while [ "$run_alive" != "$run_before" ]; do
    run_before=$run_alive
    for run_one in $run_all; do
      run_named=${run_one%:*:*}
      case $run_alive in *" $run_named "*) continue ;; esac
      run_rest=${run_one#"$run_named":}
      case "$run_known$run_alive" in
        *" $run_named "* | *" ${run_rest%:*}:"*) ;;
        *) [ "${run_rest#*:}" = "$run_pid" ] || continue ;;
      esac
      run_alive="$run_alive$run_named "
    done
  done
  run_known="$run_known$run_alive"
}

run_signal() { # SIGNAL
  for run_one in $run_alive; do kill -s "$1" "${run_one%:*}" 2>/dev/null; done
}

run_force() {
  run_look
  [ "$run_state" = running ] || return 0
  [ ! -d "$run_dir" ] || : >"$run_dir/forced"
  run_known=' '
  run_members
  # First and at once: else it would tell of an end that its script has not reached.
  if run_ticks "$run_pid" && [ "$run_ticks" = "$run_start" ]; then kill -s KILL "$run_pid"; fi
  run_signal TERM
  run_tries=0
  while [ "$run_alive" != ' ' ] && [ "$run_tries" -lt "$run_at_most" ]; do
    sleep 0.1
    run_tries=$((run_tries + 1))
    run_members
    [ "$run_tries" -lt "$run_gently" ] || run_signal KILL
  done
  [ "$run_alive" = ' ' ]
}

section force run_force
section state run_report
