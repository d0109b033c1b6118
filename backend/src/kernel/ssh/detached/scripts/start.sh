# shellcheck shell=sh
# shellcheck disable=SC2153,SC2154 # capitals are parameters; run_dir is set in common.sh
# start.sh - starts a detached run, or finds that it was started before. After common.sh.
#
# Parameters: RUN_ID, RUN_INSTALLATION, RUN_EPOCH, RUN_FENCE, RUN_STOPPABLE (names of steps), RUN_PLAN (sorted lines),
# RUN_DIGEST, RUN_EXPECTED (not empty: it was started before, so do not start it), RUN_RUNNER, RUN_SCRIPT and
# RUN_PARAMETERS (texts of shell). Prints `outcome WORD` and what belongs to it.

# run_rank: refuses who comes with an older fence of the same installation; remembers the newer one
run_rank() {
  run_fence_file=$RUN_HOME/fences/$RUN_INSTALLATION
  if { read -r run_epoch run_fence _ <"$run_fence_file"; } 2>/dev/null; then
    if [ "$RUN_EPOCH" -lt "$run_epoch" ] || { [ "$RUN_EPOCH" -eq "$run_epoch" ] && [ "$RUN_FENCE" -lt "$run_fence" ]; }; then
      printf 'outcome fence_refused\nfence %s %s\n' "$run_epoch" "$run_fence"
      return 1
    fi
  fi
  echo "$RUN_EPOCH $RUN_FENCE $RUN_ID" >"$run_fence_file.new" && mv "$run_fence_file.new" "$run_fence_file"
}

# run_others: refuses while another run lives, whoever's it is
run_others() {
  if ! flock -n "$RUN_HOME/lock" true; then
    printf 'outcome busy\nholder %s\n' "$(cat "$RUN_HOME/holder" 2>/dev/null)"
    return 1
  fi
  for run_other in "$RUN_HOME"/runs/*; do
    if [ -e "$run_other/result" ] || ! run_is_alive "$run_other"; then continue; fi
    # Its head was killed and so holds no lock, but the rest works on.
    printf 'outcome busy\nholder %s %s\n' "${run_other##*/}" "$(cat "$run_other/installation")"
    return 1
  done
}

# run_clear: away with what its installation has collected, and with what nobody came for within a month
run_clear() {
  for run_other in "$RUN_HOME"/runs/*; do
    [ -d "$run_other" ] || continue
    run_owner=$(cat "$run_other/collected" 2>/dev/null) || run_owner=
    if [ "$run_owner" = "$RUN_INSTALLATION" ] || [ -n "$(find "$run_other" -maxdepth 0 -mtime +30)" ]; then
      rm -rf "$run_other"
    fi
  done
}

run_prepare() {
  run_new=$RUN_HOME/runs/.$RUN_ID.new
  rm -rf "$run_new"
  mkdir -p "$run_new/facts" || return
  printf '%s' "$RUN_RUNNER" >"$run_new/runner" &&
    printf '%s' "$RUN_SCRIPT" >"$run_new/script" &&
    printf '%s' "$RUN_PARAMETERS" >"$run_new/parameters" &&
    printf '%s' "$RUN_PLAN" >"$run_new/plan" &&
    echo "$RUN_DIGEST" >"$run_new/digest" &&
    echo "$RUN_STOPPABLE" >"$run_new/stoppable" &&
    echo "$RUN_INSTALLATION" >"$run_new/installation" &&
    : >"$run_new/log" && mv "$run_new" "$run_dir"
}

# run_launch: out of this login, with an environment of its own. 8 is the lock of the start: whoever is started lives
# longer. systemd would ignore SIGPIPE for it, which ends pipes with complaints that no shell knows.
run_launch() {
  set -- /usr/bin/env -i PATH="$PATH" HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    SU_DETACHED="$RUN_ID" /bin/sh "$run_dir/runner" "$run_dir"
  if [ -d /run/systemd/system ]; then
    systemd-run --quiet --collect --unit="system-update-$RUN_ID" --description="system_update $RUN_ID" \
      --property=Type=exec --property=KillMode=process --property=OOMPolicy=continue --property=TasksMax=infinity \
      --property=IgnoreSIGPIPE=no \
      -- "$@" 8>&-
  else
    setsid "$@" </dev/null >/dev/null 2>&1 8>&- &
  fi
}

# run_withdrawn: somebody began to take it back and got no further
# shellcheck disable=SC3013 # dash has it
run_withdrawn() { [ "$run_dir/process" -ef "$run_dir/script" ]; }

# run_withdraw: takes back what is only prepared. Its head may still come, and begins by taking the name `process`: it finds that
# taken, or no folder. A link needs no room on the disk. False: the head was faster.
run_withdraw() {
  [ -d "$run_dir" ] || return 0
  ln "$run_dir/script" "$run_dir/process" 2>/dev/null
  if [ -e "$run_dir/process" ] && ! run_withdrawn; then return 1; fi
  rm -rf "$run_dir"
}

# run_unbegun OUTCOME: that, for good, unless its head has come meanwhile
run_unbegun() {
  if run_withdraw; then printf '%s\n' "$1"; else echo 'outcome attached'; fi
}

# run_await: until its process has said that it runs, or that it may not
run_await() {
  run_tries=0
  while [ "$run_tries" -lt 200 ]; do
    if [ -e "$run_dir/process" ]; then
      echo "outcome $1"
      return 0
    fi
    if [ -e "$run_dir/refused" ]; then
      rm -rf "$run_dir"
      printf 'outcome busy\nholder %s\n' "$(cat "$RUN_HOME/holder" 2>/dev/null)"
      return 0
    fi
    sleep 0.1
    run_tries=$((run_tries + 1))
  done
  # It may still come: only asking again can tell.
  echo 'outcome unsure'
}

run_start() {
  umask 077
  mkdir -p "$RUN_HOME/runs" "$RUN_HOME/fences" && chmod 700 "$RUN_HOME" || return
  exec 8>>"$RUN_HOME/start.lock"
  if ! flock -w 30 8; then
    echo 'outcome unsure'
    return 0
  fi
  run_rank || return 0
  if run_withdrawn; then rm -rf "$run_dir"; fi
  if [ -e "$run_dir/process" ] || { [ ! -d "$run_dir" ] && run_survives; }; then
    echo 'outcome attached'
    return 0
  fi
  if [ -n "$RUN_EXPECTED" ]; then
    run_unbegun 'outcome missing'
    return 0
  fi
  if ! run_said=$(run_others); then
    run_unbegun "$run_said"
    return 0
  fi
  run_clear
  # It may have lost against another start before; that is over.
  rm -f "$run_dir/refused"
  [ -d "$run_dir" ] || run_prepare || return
  if run_said=$(run_launch 2>&1) || [ -e "$run_dir/process" ]; then
    run_await started
    return 0
  fi
  # A unit of that name that lives already is this run.
  if [ -d /run/systemd/system ] && systemctl --quiet is-active "system-update-$RUN_ID"; then
    run_await attached
    return 0
  fi
  run_unbegun "$(printf 'outcome failed\nreason %s' "$(printf '%s' "$run_said" | tr '\n' ' ')")"
}

# run_begin: with the reason that only inodes show, which is read where there is no outcome
run_begin() {
  run_start
  run_code=$?
  su_no_inodes
  return "$run_code"
}

section start run_begin
section state run_report
