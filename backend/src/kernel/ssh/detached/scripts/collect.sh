# shellcheck shell=sh
# shellcheck disable=SC2154 # set in common.sh
# collect.sh - everything that a detached run that is over left, and the mark that it may go. After common.sh.
# Parameters: RUN_ID, RUN_INSTALLATION. Facts are sections of their own names, the rest begins with `run.`.

run_fact() {
  cat "$1.out"
  cat "$1.err" >&2
  read -r run_code <"$1.code" || run_code=255
  return "$run_code"
}

# The frames of steps are not for reading. Nor is a line that begins before: of a secret in it, half would not be masked.
run_log_tail() {
  run_tail=262144
  run_first=1
  [ "$(stat -c %s "$run_dir/log")" -le "$run_tail" ] || run_first=2
  tail -c "$run_tail" "$run_dir/log" | tail -n "+$run_first" | sed "s/$(printf '\036')$RUN_ID step .*//"
}

run_collect() {
  section run.state run_report
  section run.log_tail run_log_tail
  for run_part in missing added; do
    if [ -e "$run_dir/drift.$run_part" ]; then section "run.drift_$run_part" cat "$run_dir/drift.$run_part"; fi
  done
  for run_file in "$run_dir"/facts/*.code; do
    [ -e "$run_file" ] || continue
    run_file=${run_file%.code}
    section "${run_file##*/}" run_fact "$run_file"
  done
}

run_mark() {
  # Of a run that was cut off before it had read them: they may hold secrets.
  rm -f "$run_dir/parameters"
  echo "$RUN_INSTALLATION" >"$run_dir/collected"
}

run_collect
section run.mark run_mark
