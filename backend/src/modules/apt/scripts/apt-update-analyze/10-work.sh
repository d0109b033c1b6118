# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317 # one script with the others of this folder; functions are called through `section`
# 10-work.sh - the beginning of the script that collects everything `apt_update_analyze` needs, in one run, as root. The files of this
# folder are sent one after the other, in the order of their names, and 90-run.sh says what is run.
#
# The prelude provides `section NAME command [args…]`: it runs the command (or a function of these files) in a subshell with
# stdin /dev/null and frames its stdout, stderr and exit code. Sections are independent: a failing one hides no other.
# Parameters (plain shell variables), besides those of 15-proxy.sh:
#   REFRESH=1|0          REFRESH_TIMEOUT  seconds for one whole `apt-get update`
#   FETCH_TIMEOUT        seconds that one connect or read may take
#   LOCK_WAIT            seconds to wait for the lists lock (DPkg::Lock::Timeout does not cover it)
#   HISTORY_SINCE        seconds since 1970 from which on changes are told; empty: none is

REFRESH=${REFRESH:-1}
REFRESH_TIMEOUT=${REFRESH_TIMEOUT:-90}
FETCH_TIMEOUT=${FETCH_TIMEOUT:-10}
LOCK_WAIT=${LOCK_WAIT:-60}
HISTORY_SINCE=${HISTORY_SINCE:-}

STATE_DIR=/var/lib/system-update
STAMPS=$STATE_DIR/apt-refresh
LISTS=/var/lib/apt/lists
EXPLAIN_MAX=15
# Of one command, in bytes. A thousand updates print a tenth of it; a command gone mad must not fill /run, which is memory.
OUTPUT_MAX=16777216
tab=$(printf '\t')

umask 077
# /run is a tmpfs: a file with a proxy password must not survive a power cut on disk.
work=$(mktemp -d /run/system-update-apt.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# bounded NAME COMMAND…: its output goes to $work/NAME up to OUTPUT_MAX, where SIGPIPE ends it; returns its exit code.
bounded() {
  output=$work/$1
  shift
  { "$@"; echo $? >"$output.rc"; } | head -c "$OUTPUT_MAX" >"$output"
  return "$(cat "$output.rc" 2>/dev/null || echo 70)"
}

# Nothing of ours purges what it removes, whatever apt is told on this machine.
apt_sim() { timeout -k 5 120 apt-get -s -q -o APT::Color=0 -o APT::Get::Purge=false "$@"; }

: >"$work/holds"
: >"$work/status"
: >"$work/policy"
cat "$STAMPS" >"$work/stamps" 2>/dev/null
