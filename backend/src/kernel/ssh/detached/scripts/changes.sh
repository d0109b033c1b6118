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

# confirm_plan FILE: goes on only if these lines are those that were confirmed. Call it outside subshells and pipes.
confirm_plan() {
  LC_ALL=C sort -u -- "$1" >"$SU_DIR/plan.found"
  su_digest=$(sha256sum <"$SU_DIR/plan.found")
  read -r su_confirmed <"$SU_DIR/digest"
  [ "${su_digest%% *}" != "$su_confirmed" ] || return 0
  LC_ALL=C comm -23 "$SU_DIR/plan" "$SU_DIR/plan.found" >"$SU_DIR/drift.missing"
  LC_ALL=C comm -13 "$SU_DIR/plan" "$SU_DIR/plan.found" >"$SU_DIR/drift.added"
  echo drifted >"$SU_DIR/ending"
  exit 0
}

# shellcheck source=/dev/null
. "$SU_DIR/parameters"
# They may hold secrets.
rm -f "$SU_DIR/parameters"
