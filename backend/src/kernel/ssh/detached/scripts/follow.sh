# shellcheck shell=sh
# shellcheck disable=SC2154 # set in common.sh
# follow.sh - hands out the log of a detached run from a byte on, as it grows. After common.sh.
#
# Parameters: RUN_ID, RUN_OFFSET, RUN_BYTES (about so many at most), RUN_SECONDS (so long at most), RUN_STREAM (follow.pl).
# Prints lines: base64 of the next bytes of the log; `+` and a byte, from which it goes on: what is before was not kept; `=` and
# base64 of the last line of its status, where that is another; `!` where its folder is gone and it lives; or `.` as a sign of
# life. Ends when the run has ended and all was handed out, or at a limit.

# run_reach: up to where the log can be handed out now, into $run_to. While the run goes on nobody knows what will be its end.
run_reach() {
  run_to=$run_size
  if [ "$run_state" = running ]; then
    run_to=$run_log_first
  elif [ "$run_size" -le "$run_log_first" ]; then
    return 0
  elif [ "$run_at" -lt "$run_log_first" ]; then
    run_to=$run_log_first
  elif [ $((run_size - run_at)) -gt "$run_log_last" ]; then
    run_at=$((run_size - run_log_last))
    echo "+$run_at"
  fi
}

# run_stream SECONDS [PROCESS START]: hands out what is there and what comes in so many seconds, as long as that process lives
run_stream() {
  {
    run_came=$(perl -e "$RUN_STREAM" "$run_dir" "$run_at" "$run_to" $((RUN_BYTES - run_sent)) "$1" "$run_told" \
      ${2:+"$2" "$3"} 3>&1 >&4) || return
  } 4>&1
  run_sent=$((run_sent + ${run_came% *} - run_at))
  run_at=${run_came% *}
  run_told=${run_came#* }
}

# run_clock: whole seconds that only go on, into $run_seconds
run_clock() {
  read -r run_seconds _ </proc/uptime
  run_seconds=${run_seconds%%.*}
}

run_follow() {
  run_at=$RUN_OFFSET
  run_sent=0
  run_told=0
  run_clock
  # shellcheck disable=SC2153 # a parameter
  run_until=$((run_seconds + RUN_SECONDS))
  while [ "$run_seconds" -lt "$run_until" ] && [ "$run_sent" -lt "$RUN_BYTES" ]; do
    run_look
    run_log_size
    run_reach
    if [ "$run_state" != running ]; then
      run_stream 0 || return
      [ "$run_at" -lt "$run_size" ] || return 0
    elif run_ticks "$run_pid" && [ "$run_ticks" = "$run_start" ]; then
      run_stream $((run_until - run_seconds)) "$run_pid" "$run_start" || return
    else
      # Its head was killed, the rest goes on: the shell has to look again whether it does.
      run_stream 1 || return
    fi
    run_clock
  done
  return 0
}

section follow run_follow
section state run_report
