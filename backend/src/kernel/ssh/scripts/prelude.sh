# shellcheck shell=sh
# prelude.sh - runs ahead of every script, in the same shell. Needs Debian's essential packages only.
#
# Set before it, in this order of text: SU_BOUNDARY (random, opens the frames of this run), SU_MARKER (random, put into
# the environment of every command of this run), SU_SECONDS (hard time limit). The shell that reads this is the leader
# of a session of its own; its standard input stays open as long as the controller is there and wants the run to go on.

# su_frame WORD...: one frame line on both outputs, opened by a byte that ordinary text does not hold
su_frame() {
  printf '\036%s\n' "$*"
  printf '\036%s\n' "$*" >&2
}

# su_clock: seconds since boot into $su_now
su_clock() {
  read -r su_now _ </proc/uptime || su_now=0
}

# su_seconds_up: whole seconds since boot, which no change of the clock touches: for waiting. changes.sh has the same.
su_seconds_up() {
  su_clock
  echo "${su_now%%.*}"
}

# section NAME COMMAND [ARGUMENT...]: runs the command (or shell function) in a subshell without input, and frames its
# outputs, exit code and time. Returns the exit code. A section cannot stand in another one.
section() {
  su_name=$1
  shift
  su_count=$((su_count + 1))
  read -r su_mark </proc/sys/kernel/random/uuid
  su_clock
  su_frame "$SU_BOUNDARY begin $su_count $su_name $su_mark $su_now"
  su_code=0
  ("$@") </dev/null || su_code=$?
  su_clock
  su_frame "$su_mark end $su_count $su_code $su_now"
  return "$su_code"
}

# su_sweep SIGNAL: sends it to every process of this run except the watcher; true when there was any. A process belongs
# to the run by its session, or, where it left the session, by the marker in its environment.
su_sweep() {
  su_signal=$1
  su_any=1
  su_marked=" $(grep -ls -- "SU_RUN=$SU_MARKER" /proc/[0-9]*/environ 2>/dev/null | tr '\n' ' ') "
  for su_process in /proc/[0-9]*; do
    su_pid=${su_process#/proc/}
    [ "$su_pid" != "$su_self" ] || continue
    { read -r su_stat <"$su_process/stat"; } 2>/dev/null || continue
    # after the command's name, which may hold anything: state, parent, group, session
    su_stat=${su_stat##*) }
    su_state=${su_stat%% *}
    [ "$su_state" != Z ] || continue
    su_stat=${su_stat#* * * }
    if [ "${su_stat%% *}" != "$SU_SESSION" ]; then
      case $su_marked in *" $su_process/environ "*) ;; *) continue ;; esac
    fi
    kill -s "$su_signal" "$su_pid" 2>/dev/null && su_any=0
  done
  return "$su_any"
}

# su_watch: waits until standard input ends (the run is over, or the controller is gone or gave up) or time is over,
# then leaves nothing of the run alive. Nobody has to tell it: a signal sent while it starts could be lost.
su_watch() {
  trap '' TERM
  timeout -s KILL "$SU_SECONDS" cat <&3 >/dev/null 2>&1 3<&- &
  exec 3<&-
  wait "$!"
  read -r su_self _ </proc/self/stat
  su_sweep TERM || exit 0
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.2
    su_sweep CONT || exit 0
  done
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    su_sweep KILL || exit 0
    sleep 0.2
  done
}

su_open() {
  umask 077
  cd / || exit 70
  unset CDPATH ENV LANGUAGE LANG
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  LC_ALL=C.UTF-8
  DEBIAN_FRONTEND=noninteractive
  SU_RUN=$SU_MARKER
  SU_SESSION=$$
  export PATH LC_ALL DEBIAN_FRONTEND SU_RUN
  su_count=0
  exec 3<&0 </dev/null
  trap 'exit 75' TERM
  su_watch >/dev/null 2>&1 &
  exec 3<&-
}

# su_no_inodes: the file systems on which no file can be made any more, for want of an inode, though they may have room: what
# fails there says the same as on a full one. Some have no inodes to count.
su_no_inodes() {
  df -Pi / /run /tmp /var 2>/dev/null |
    awk 'NR > 1 && $2 ~ /^[1-9]/ && $4 == 0 && !told[$6]++ { print "system-update: no_inodes " $6 }' >&2
}

# su_close CODE: the last frame, and the end; input then ends too, and the watcher clears up what the script left
su_close() {
  trap '' TERM
  # EX_CANTCREAT: a script has found no place for its files.
  [ "$1" != 73 ] || su_no_inodes
  su_clock
  su_frame "$SU_BOUNDARY done $1 $su_now"
  exit "$1"
}
