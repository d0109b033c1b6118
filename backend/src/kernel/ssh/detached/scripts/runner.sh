#!/bin/sh
# runner.sh - the head of a detached run: holds the machine's lock while its script works, and writes the result last.
# Argument: the folder of the run. Needs Debian's essential packages only.
dir=$1
home=/var/lib/system-update
umask 077
cd "$dir" || exit 70

# Held by this head and by what waits for the script: a daemon that a maintainer script starts must not inherit it.
exec 9>>"$home/lock"
if ! flock -n 9; then
  : >refused
  exit 75
fi

# ticks PROCESS: when it started, in clock ticks since the boot
ticks() {
  read -r stat <"/proc/$1/stat" || return
  stat=${stat##*) }
  # shellcheck disable=SC2086 # words are wanted
  set -- $stat
  echo "${20}"
}

read -r boot </proc/sys/kernel/random/boot_id || boot=unknown
began=$(date +%s)
echo "$$ $(ticks $$) $boot/$(ticks 1) $began" >"process.$$"
# A run happens once: whoever comes second finds the name taken.
ln "process.$$" process 2>/dev/null || exit 0
rm -f "process.$$"
echo "${dir##*/} $(cat installation) $began" >"$home/holder"
# Room for the result, should the disk be full at the end.
head -c 8192 /dev/zero >reserve

# So many bytes at the beginning of the log are kept, and so many at its end: a script that prints without an end must fill no
# disk. common.sh has the same.
first=16777216
last=1048576

# What is in between goes, and every byte keeps its place. Where a file system cannot make holes, the end goes as well.
bound_log() {
  size=$(stat -c %s log) || return
  [ "$size" -gt $((first + last)) ] || return
  fallocate --punch-hole --offset "$first" --length $((size - last - first)) log 2>/dev/null || truncate -s "$first" log
}

# bound_while PROCESS: as long as it lives, should this head be killed too. A look of a shell would take two processes, five times
# a second: Perl sleeps and looks by itself until the log is too long, or a minute is over.
bound_while() {
  started=$(ticks "$1")
  while [ -n "$started" ] && [ "$(ticks "$1" 2>/dev/null)" = "$started" ]; do
    bound_log
    # shellcheck disable=SC2016 # Perl's variables
    perl -e 'my ($most, $process, $looks) = (@ARGV, 0);
      do { select undef, undef, undef, 0.2 } until -s "log" > $most || !-e "/proc/$process" || ++$looks > 300' \
      $((first + last)) "$1" || sleep 0.2
  done
}

# tell_result CODE: the end of the script, with its exit code. Ended by force, it has not reached one that could be told.
tell_result() {
  [ ! -e forced ] || return 0
  ending=ended
  # shellcheck disable=SC2094 # a file that is called as the variable is
  [ ! -e ending ] || read -r ending <ending
  rm -f reserve parameters
  bound_log
  {
    echo "ending $ending"
    echo "exit $1"
    echo "finished $(date +%s)"
    echo "log $(stat -c %s log)"
  } >result.new
  sync result.new log
  mv result.new result
  sync .
}

# Not ignored but handled: what is ignored here would be ignored by every daemon that is started below.
trap : HUP INT TERM
# It waits for the script and tells how it ended, whether or not this head lives until then.
(
  trap : HUP INT TERM
  own=$(exec /bin/sh -c 'echo "$PPID"')
  # The lock is closed by exec: for a function the shell would put it aside, and hold it.
  (
    exec 9>&-
    bound_while "$own"
  ) </dev/null >/dev/null 2>&1 &
  (
    umask 022
    cd / || exit 70
    exec /bin/sh "$dir/script" "$dir" </dev/null >>"$dir/log" 2>&1 9>&-
  )
  tell_result "$?"
)
