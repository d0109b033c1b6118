# shellcheck shell=sh
# common.sh - what all parts of a detached run know. Goes ahead of start.sh, follow.sh, stop.sh, force.sh and
# collect.sh.
#
# A run is a folder of root's, $RUN_HOME/runs/ID:
#   script, parameters, plan   what it does; the parameters go as soon as they are read
#   process                    who runs it: id, start, boot, installation, when. Made once: a run happens once
#   log                        all that it prints; of very much the beginning and the end, with a hole in between
#   progress                   what its tool says of itself for programs, line by line
#   facts/                     what it kept: NAME.out, NAME.err, NAME.code
#   stop                       somebody asked it to stop
#   forced                     somebody ended it by force
#   result                     written last, by a rename: no result and no process means interrupted
#   collected                  its installation has everything it wants to have
RUN_HOME=/var/lib/system-update
run_dir=$RUN_HOME/runs/$RUN_ID
# So many bytes at the beginning of a log are kept, and so many at its end. runner.sh has the same.
# shellcheck disable=SC2034 # for follow.sh
run_log_first=16777216 run_log_last=1048576

# run_ticks PROCESS: when it started, in clock ticks since the boot, into $run_ticks, with $run_parent and $run_session;
# false when it does not live
run_ticks() {
  { read -r run_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The command's name may hold anything, ends of lines too.
  case $run_stat in *') '*) ;; *) run_stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1 ;; esac
  # after that name: the state is the first, the start the twentieth
  run_stat=${run_stat##*) }
  # shellcheck disable=SC2086 # words are wanted
  set -- $run_stat
  # shellcheck disable=SC2034 # the parent is for force.sh
  run_parent=$2 run_session=$4 run_ticks=${20}
  [ "$1" != Z ]
}

# run_boot: this boot into $run_boot. A container has the boot id of its host, but a first process of its own.
run_boot() {
  run_ticks 1 || run_ticks=0
  read -r run_boot </proc/sys/kernel/random/boot_id || run_boot=unknown
  run_boot=$run_boot/$run_ticks
}

# run_goes_on FOLDER HEAD: something that the run began lives in its session. A daemon that a script of it has started has
# a session of its own, though it keeps the name in its environment: it is no part of the run, and may live for years.
run_goes_on() {
  grep -ls -- "SU_DETACHED=${1##*/}" /proc/[0-9]*/environ | (
    while IFS=/ read -r _ _ run_marked _; do
      if run_ticks "$run_marked" && [ "$run_session" = "$2" ]; then exit 0; fi
    done
    exit 1
  )
}

# run_is_alive FOLDER: its process lives, or something that it began. Sets $run_rebooted.
run_is_alive() {
  run_rebooted=0
  { read -r run_pid run_start run_its_boot _ <"$1/process"; } 2>/dev/null || return 1
  run_boot
  if [ "$run_its_boot" != "$run_boot" ]; then
    run_rebooted=1
    return 1
  fi
  if run_ticks "$run_pid" && [ "$run_ticks" = "$run_start" ]; then return 0; fi
  # With a result it is over, whatever daemon it left behind. Without one its head was killed: does the rest go on?
  [ ! -e "$1/result" ] || return 1
  run_goes_on "$1" "$run_pid"
}

# run_survives: the folder of this run is gone, but its head, what waits for its script, or that script lives: into $run_pid
# and $run_start. A daemon that the script has started has the name too, and is none of these.
run_survives() {
  # shellcheck disable=SC2013 # names of files, none of which holds a space
  for run_found in $(grep -ls -- "SU_DETACHED=$RUN_ID" /proc/[0-9]*/environ); do
    run_pid=${run_found#/proc/}
    run_pid=${run_pid%/environ}
    grep -aqs -- "/runs/$RUN_ID/\(runner\|script\)" "/proc/$run_pid/cmdline" || continue
    if run_ticks "$run_pid"; then
      run_start=$run_ticks
      return 0
    fi
  done
  return 1
}

# run_look: what there is of this run, into $run_state: running, ended, interrupted, prepared or missing
run_look() {
  if [ ! -d "$run_dir" ]; then
    run_state=missing
    if run_survives; then run_state=running; fi
  elif [ -e "$run_dir/result" ]; then
    run_is_alive "$run_dir" || :
    run_state=ended
  elif [ ! -e "$run_dir/process" ]; then
    run_state=prepared
  elif run_is_alive "$run_dir"; then
    run_state=running
  elif [ -e "$run_dir/result" ]; then
    # it ended between the two looks
    run_state=ended
  else
    run_state=interrupted
  fi
}

# run_log_size: how long its log is, into $run_size; at its end, as its result says
run_log_size() {
  run_size=
  if [ "$run_state" = ended ]; then run_size=$(sed -n 's/^log //p' "$run_dir/result"); fi
  [ -n "$run_size" ] || run_size=$(stat -c %s "$run_dir/log" 2>/dev/null) || run_size=0
}

# run_report: the state for whoever asked
run_report() {
  run_look
  run_log_size
  printf 'state %s\nrebooted %s\nsize %s\n' "$run_state" "${run_rebooted:-0}" "$run_size"
  if [ "$run_state" = running ] && [ ! -d "$run_dir" ]; then echo 'folder gone'; fi
  if [ -e "$run_dir/forced" ]; then echo 'forced 1'; fi
  if [ -e "$run_dir/process" ]; then sed 's/.* /began /' "$run_dir/process"; fi
  if [ "$run_state" = ended ]; then cat "$run_dir/result"; fi
}
