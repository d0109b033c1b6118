# shellcheck shell=sh
# shellcheck disable=SC2154 # set in common.sh
# follow.sh - hands out the log of a detached run from a byte on, as it grows. After common.sh.
#
# Parameters: RUN_ID, RUN_OFFSET, RUN_BYTES (about so many at most), RUN_SECONDS (so long at most). Prints lines: base64
# of the next bytes of the log; `+` and a byte, from which it goes on: what is before was not kept; `=` and base64 of the last line of its status, where that is another; or `.` as a sign of
# life. Ends when the run has ended and all was handed out, or at a limit.

# One line of base64: below the limit for a line.
run_block=30720

# run_reach: up to where the log can be handed out now, into $run_to. While the run goes on nobody knows what will be its end.
run_reach() {
  run_to=$run_size
  [ "$run_size" -gt "$run_log_first" ] || return 0
  if [ "$run_at" -lt "$run_log_first" ]; then
    run_to=$run_log_first
  elif [ "$run_state" = running ]; then
    run_to=$run_at
  elif [ $((run_size - run_at)) -gt "$run_log_last" ]; then
    run_at=$((run_size - run_log_last))
    echo "+$run_at"
  fi
}

run_hand_out() {
  run_reach
  while [ "$run_at" -lt "$run_to" ] && [ "$run_sent" -lt "$RUN_BYTES" ]; do
    run_count=$((run_to - run_at))
    [ "$run_count" -le "$run_block" ] || run_count=$run_block
    printf '%s\n' "$(tail -c "+$((run_at + 1))" "$run_dir/log" | head -c "$run_count" | base64 -w 0)"
    run_at=$((run_at + run_count))
    run_sent=$((run_sent + run_count))
    run_quiet=0
  done
}

# run_sizes: how long log and status are, by one look: this is asked ten times a second
run_sizes() {
  if [ "$run_state" = ended ]; then
    run_log_size
    return
  fi
  run_size='' run_status=''
  { read -r run_size && read -r run_status; } <<SIZES || :
$(stat -c %s "$run_dir/log" "$run_dir/progress" 2>/dev/null)
SIZES
  [ -n "$run_size" ] || run_size=0
}

run_tell_status() {
  if [ "${run_status:-0}" = 0 ] || [ "$run_status" = "$run_told_size" ]; then return 0; fi
  run_told_size=$run_status
  run_now=$(tail -c 1024 "$run_dir/progress" | tail -n 1 | base64 -w 0)
  [ "$run_now" != "$run_told" ] || return 0
  printf '=%s\n' "$run_now"
  run_told=$run_now
  run_quiet=0
}

# run_clock: whole seconds that only go on, into $run_seconds
run_clock() {
  read -r run_seconds _ </proc/uptime
  run_seconds=${run_seconds%%.*}
}

run_follow() {
  run_at=$RUN_OFFSET
  run_sent=0
  run_quiet=0
  run_told=
  run_told_size=
  run_clock
  # shellcheck disable=SC2153 # a parameter
  run_until=$((run_seconds + RUN_SECONDS))
  while [ "$run_seconds" -lt "$run_until" ] && [ "$run_sent" -lt "$RUN_BYTES" ]; do
    run_look
    run_sizes
    run_hand_out
    if [ "$run_state" != running ]; then
      [ "$run_at" -lt "$run_size" ] || return 0
      continue
    fi
    run_tell_status
    sleep 0.1
    run_clock
    run_quiet=$((run_quiet + 1))
    if [ "$run_quiet" -ge 50 ]; then
      echo .
      run_quiet=0
    fi
  done
}

section follow run_follow
section state run_report
