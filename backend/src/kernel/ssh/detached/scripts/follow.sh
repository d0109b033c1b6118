# shellcheck shell=sh
# shellcheck disable=SC2154 # set in common.sh
# follow.sh - hands out the log of a detached run from a byte on, as it grows. After common.sh.
#
# Parameters: RUN_ID, RUN_OFFSET, RUN_BYTES (about so many at most), RUN_SECONDS (so long at most). Prints lines: base64
# of the next bytes of the log; `=` and base64 of the last line of its status, where that is another; or `.` as a sign of
# life. Ends when the run has ended and all was handed out, or at a limit.

# One line of base64: below the limit for a line.
run_block=30720

run_hand_out() {
  while [ "$run_at" -lt "$run_size" ] && [ "$run_sent" -lt "$RUN_BYTES" ]; do
    run_count=$((run_size - run_at))
    [ "$run_count" -le "$run_block" ] || run_count=$run_block
    printf '%s\n' "$(tail -c "+$((run_at + 1))" "$run_dir/log" | head -c "$run_count" | base64 -w 0)"
    run_at=$((run_at + run_count))
    run_sent=$((run_sent + run_count))
    run_quiet=0
  done
}

run_tell_status() {
  [ -s "$run_dir/progress" ] || return 0
  run_now=$(tail -c 1024 "$run_dir/progress" | tail -n 1 | base64 -w 0)
  [ "$run_now" != "$run_told" ] || return 0
  printf '=%s\n' "$run_now"
  run_told=$run_now
  run_quiet=0
}

run_follow() {
  run_at=$RUN_OFFSET
  run_sent=0
  run_quiet=0
  run_polls=0
  run_told=
  # a fifth of a second each, or a little more
  run_limit=$((RUN_SECONDS * 5))
  while [ "$run_polls" -lt "$run_limit" ] && [ "$run_sent" -lt "$RUN_BYTES" ]; do
    run_look
    run_log_size
    run_hand_out
    if [ "$run_state" != running ]; then
      [ "$run_at" -lt "$run_size" ] || return 0
      continue
    fi
    run_tell_status
    sleep 0.2
    run_polls=$((run_polls + 1))
    run_quiet=$((run_quiet + 1))
    if [ "$run_quiet" -ge 25 ]; then
      echo .
      run_quiet=0
    fi
  done
}

section follow run_follow
section state run_report
