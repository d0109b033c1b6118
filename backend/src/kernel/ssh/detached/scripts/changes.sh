# shellcheck shell=sh
# changes.sh - goes ahead of every script that changes a machine. Argument: the folder of the run.
SU_DIR=$1
set --
SU_STEP=

# su_unwritten: ends the run where it could not write down what it came to. Half of it would tell of another end, or of none.
su_unwritten() {
  rm -f "$SU_DIR/ending" "$SU_DIR/drift.missing" "$SU_DIR/drift.added"
  echo 'system-update: what the run has found cannot be written down, so it ends' >&2
  exit 73
}

# su_write FILE WORD: cat says why where that fails; what the shell itself says names no reason.
su_write() {
  { echo "$2" >"$1"; } 2>/dev/null || echo "$2" | cat >"$1"
}

# su_end_as drifted|stopped: what was begun ends here, and well
su_end_as() {
  su_write "$SU_DIR/ending" "$1" || su_unwritten
  exit 0
}

# step NAME: the next step begins. If somebody asked to stop and the step before may end the run, it ends here.
step() {
  stop_point
  SU_STEP=$1
  printf '\036%s step %s\n' "$SU_DETACHED" "$SU_STEP" >>"$SU_DIR/log"
}

# stop_point: ends the run if somebody asked for it and the present step allows it; before the first step always
stop_point() {
  [ -e "$SU_DIR/stop" ] || return 0
  if [ -n "$SU_STEP" ]; then
    case " $(cat "$SU_DIR/stoppable") " in *" $SU_STEP "*) ;; *) return 0 ;; esac
  fi
  su_end_as stopped
}

# keep NAME COMMAND [ARGUMENT...]: runs the command (or shell function) in a subshell and keeps what it prints as a fact.
# Names: [a-z][a-z0-9_.-]{0,63}, not beginning with `run.`. Returns its exit code; 73 where that cannot be kept.
keep() {
  su_fact=$SU_DIR/facts/$1
  shift
  su_kept=0
  ("$@") </dev/null >"$su_fact.out" 2>"$su_fact.err" || su_kept=$?
  su_write "$su_fact.code" "$su_kept" || return 73
  return "$su_kept"
}

# su_seconds_up: whole seconds since boot, which no change of the clock touches: for waiting. prelude.sh has the same.
su_seconds_up() {
  read -r su_up _ </proc/uptime
  echo "${su_up%%.*}"
}

# begin_in_time: goes on only while the change could still end within its maintenance window. After waiting, and right before the first change; call
# it outside subshells and pipes.
begin_in_time() {
  [ -e "$SU_DIR/begin_before" ] || return 0
  read -r su_before <"$SU_DIR/begin_before"
  [ "$(su_seconds_up)" -ge "$su_before" ] || return 0
  echo 'system-update: too late to end within the maintenance window; nothing is changed'
  keep window_closed true || su_unwritten
  su_end_as stopped
}

# has_begun: something is changed from here on, so what was begun is brought to its end.
has_begun() { rm -f "$SU_DIR/begin_before"; }

# confirm_plan FILE: goes on only if these lines are those that were confirmed, and in time. Call it outside subshells and
# pipes. What is compared lies in memory: a file on a full disk would differ from everything.
confirm_plan() {
  su_found=$(LC_ALL=C sort -u -- "$1" && echo .) || su_unwritten
  su_found=${su_found%.}
  su_digest=$(printf '%s' "$su_found" | sha256sum)
  # It is not there where somebody has removed the folder of the run: then nothing is confirmed.
  su_confirmed=
  read -r su_confirmed <"$SU_DIR/digest"
  if [ -n "$su_confirmed" ] && [ "${su_digest%% *}" = "$su_confirmed" ]; then
    begin_in_time
    return 0
  fi
  printf '%s' "$su_found" | LC_ALL=C comm -23 "$SU_DIR/plan" - >"$SU_DIR/drift.missing" || su_unwritten
  printf '%s' "$su_found" | LC_ALL=C comm -13 "$SU_DIR/plan" - >"$SU_DIR/drift.added" || su_unwritten
  su_end_as drifted
}

# shellcheck source=/dev/null
. "$SU_DIR/parameters"
# They may hold secrets.
rm -f "$SU_DIR/parameters"
# By the machine's own time since its boot: its clock may be wrong, or be set meanwhile.
[ -z "${BEGIN_WITHIN:-}" ] || su_write "$SU_DIR/begin_before" "$(($(su_seconds_up) + BEGIN_WITHIN))" || su_unwritten
