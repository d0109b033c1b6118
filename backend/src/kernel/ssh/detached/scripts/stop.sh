# shellcheck shell=sh
# shellcheck disable=SC2154 # set in common.sh
# stop.sh - asks a detached run to end between two of its steps. After common.sh. Parameter: RUN_ID.
run_ask_to_stop() {
  [ -d "$run_dir" ] && : >"$run_dir/stop"
}

section stop run_ask_to_stop
section state run_report
