# shellcheck shell=bash
# Settings, messages, locks and process records that every other part uses.
# The parts are checked one by one, so that a setting looks unused where it is made.
# shellcheck disable=SC2034

FLEET_ROOT=$(realpath -m "${FLEET_ROOT:-/var/lib/system-update-fleet}")
FLEET_CACHE=$(realpath -m "${FLEET_CACHE:-/var/cache/system-update-fleet}")
FLEET_NET=${FLEET_NET:-127.0.10}
FLEET_APT=${FLEET_APT:-$FLEET_NET.254:8090}
FLEET_PORT=${FLEET_PORT:-}
FLEET_BOOT_DELAY=${FLEET_BOOT_DELAY:-1}
export FLEET_ROOT FLEET_CACHE FLEET_NET FLEET_APT FLEET_PORT FLEET_BOOT_DELAY

readonly MACHINES=$FLEET_ROOT/machines
readonly KEYS=$FLEET_ROOT/keys
readonly REPOSITORY=$FLEET_ROOT/repository
readonly HIGHEST_NUMBER=250
readonly USUAL_PORT=22
readonly OTHER_PORT=2222
readonly MACHINE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The fleet's own tools must read the same everywhere; machines get an environment of their own.
export LC_ALL=C.UTF-8
unset TMPDIR

say() { echo "fleet: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# fingerprint_of WORD|FILE.. : 12 hex digits that change when any word or file changes.
fingerprint_of() {
  local part
  for part; do
    if [ -f "$part" ]; then cat "$part"; else printf '%s\n' "$part"; fi
  done | sha256sum | cut -c1-12
}

# ---------------------------------------------------------------- locks
# Descriptor 9 is the fleet's lock, 8 one machine's, 7 the shared cache's. Everything started to outlive the command
# closes them: an inherited descriptor would hold the lock for as long as a machine runs.

take_lock() { # DESCRIPTOR FILE exclusive|shared
  local descriptor=$1 file=$2 mode=--$3
  mkdir -p "${file%/*}"
  eval "exec $descriptor>>\"\$file\""
  flock "$mode" --timeout 5 "$descriptor" && return
  say "waiting for another fleet command (${file##*/})"
  flock "$mode" --timeout 900 "$descriptor" || die "another fleet command holds $file"
}

lock_fleet() { take_lock 9 "$FLEET_ROOT/lock" exclusive; }
lock_cache() { take_lock 7 "$FLEET_CACHE/lock" exclusive; }
unlock_cache() { exec 7>&-; }

# Different machines may be changed at the same time, but not while machines come and go.
lock_machine() { # NAME
  take_lock 9 "$FLEET_ROOT/lock" shared
  # A down that held the lock until now may have deleted it.
  require_machines "$1"
  take_lock 8 "$MACHINES/$1/lock" exclusive
}

# ---------------------------------------------------------------- process records
# A record is "PID START BOOT": a process number alone is reused, so a stale file could point at a stranger.

process_start() { # PID : start time in clock ticks, field 22 of stat (the name in field 2 may hold spaces)
  local stat field
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra field <<<"${stat##*) }"
  [ "${field[0]}" != Z ] && echo "${field[19]}"
}

record_process() { # FILE PID
  echo "$2 $(process_start "$2") $(</proc/sys/kernel/random/boot_id)" >"$1.new" && mv "$1.new" "$1"
}

recorded_pid() { # FILE : prints the process number if it still is the process that was recorded
  local pid start boot
  { read -r pid start boot <"$1"; } 2>/dev/null || return 1
  [ -n "$start" ] && [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] && [ "$(process_start "$pid")" = "$start" ] && echo "$pid"
}

wait_until_gone() { # PID START
  local tries=200
  while [ "$(process_start "$1")" = "$2" ]; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
}

end_recorded() { # FILE SIGNAL : ends the recorded process and waits until it is gone
  local pid start
  if pid=$(recorded_pid "$1") && start=$(process_start "$pid"); then
    kill -s "$2" "$pid" 2>/dev/null
    wait_until_gone "$pid" "$start" || say "process $pid does not end"
  fi
  rm -f "$1"
}

# spawn RECORD LOG CMD.. : starts a daemon in a process group of its own and records it.
spawn() {
  local record=$1 log=$2
  shift 2
  setsid "$@" </dev/null >>"$log" 2>&1 7>&- 8>&- 9>&- &
  record_process "$record" $!
}

# run_apart LOG CMD.. : runs a long step in private mount and process namespaces. Killing it (or this command) ends
# everything that it started and drops every mount that it made, at any moment.
run_apart() {
  local log=$1 status
  shift
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$@" \
    </dev/null >"$log" 2>&1 7>&- 8>&- 9>&- &
  APART_PID=$!
  wait "$APART_PID"
  status=$?
  APART_PID=''
  return "$status"
}
