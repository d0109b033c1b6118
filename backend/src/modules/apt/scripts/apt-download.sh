#!/bin/sh
# shellcheck disable=SC2034,SC2317 # functions are called through `section`; PINS, SU_DIR and LOCK_WAIT are of apt-transaction.sh
# Fetches the archives of the transaction into apt's cache and installs nothing. Goes after 15-proxy.sh and
# apt-transaction.sh. LOCK_WAIT: seconds to wait for the lock of the downloads

# Downgrades are fetched too: whether they are done is confirmed with the plan.
download() {
  proxy_config "$download_work/proxy.conf" || return
  transaction_environment
  transaction_patiently download_apt
}

download_apt() {
  transaction_apt -c "$download_work/proxy.conf" --allow-downgrades --download-only 2>"$download_work/said"
  download_code=$?
  cat "$download_work/said" >>"$SU_DIR/log"
  cat "$download_work/said" >&2
  return "$download_code"
}

# /run is a tmpfs: a file with a proxy password must not survive a power cut on disk.
download_work=$(mktemp -d /run/system-update-download.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$download_work"' EXIT
PINS=$download_work/pins
# Where waiting looks for what apt has said.
SU_DIR=$download_work
LOCK_WAIT=${LOCK_WAIT:-120}
: >"$SU_DIR/log"
section download download
exit 0
