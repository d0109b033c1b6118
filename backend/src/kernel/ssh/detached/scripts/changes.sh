# shellcheck shell=sh
# changes.sh - goes ahead of every script that changes a machine. Argument: the folder of the run.
SU_DIR=$1
set --
SU_STEP=

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
  echo stopped >"$SU_DIR/ending"
  exit 0
}

# keep NAME COMMAND [ARGUMENT...]: runs the command (or shell function) in a subshell and keeps what it prints as a fact.
# Names: [a-z][a-z0-9_.-]{0,63}, not beginning with `run.`. Returns its exit code.
keep() {
  su_fact=$SU_DIR/facts/$1
  shift
  su_kept=0
  ("$@") </dev/null >"$su_fact.out" 2>"$su_fact.err" || su_kept=$?
  echo "$su_kept" >"$su_fact.code"
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
  keep window_closed true
  echo stopped >"$SU_DIR/ending"
  exit 0
}

# has_begun: something is changed from here on, so what was begun is brought to its end.
has_begun() { rm -f "$SU_DIR/begin_before"; }

# confirm_plan FILE: goes on only if these lines are those that were confirmed, and in time. Call it outside subshells and
# pipes.
confirm_plan() {
  LC_ALL=C sort -u -- "$1" >"$SU_DIR/plan.found"
  su_digest=$(sha256sum <"$SU_DIR/plan.found")
  read -r su_confirmed <"$SU_DIR/digest"
  # Neither is there where somebody has removed the folder of the run: then nothing is confirmed.
  if [ -n "$su_confirmed" ] && [ "${su_digest%% *}" = "$su_confirmed" ]; then
    begin_in_time
    return 0
  fi
  LC_ALL=C comm -23 "$SU_DIR/plan" "$SU_DIR/plan.found" >"$SU_DIR/drift.missing"
  LC_ALL=C comm -13 "$SU_DIR/plan" "$SU_DIR/plan.found" >"$SU_DIR/drift.added"
  echo drifted >"$SU_DIR/ending"
  exit 0
}

# shellcheck source=/dev/null
. "$SU_DIR/parameters"
# They may hold secrets.
rm -f "$SU_DIR/parameters"
# By the machine's own time since its boot: its clock may be wrong, or be set meanwhile.
[ -z "${BEGIN_WITHIN:-}" ] || echo "$(($(su_seconds_up) + BEGIN_WITHIN))" >"$SU_DIR/begin_before"
