#!/bin/sh
# shellcheck disable=SC2034,SC2317 # the function is called through `section`; PINS is of apt-transaction.sh
# Fetches the archives of the transaction into apt's cache and installs nothing. Goes after 15-proxy.sh and
# apt-transaction.sh.

# Downgrades are fetched too: whether they are done is confirmed with the plan.
download() {
  proxy_config "$download_work/proxy.conf" || return
  transaction_environment
  transaction_apt -c "$download_work/proxy.conf" --allow-downgrades --download-only
}

# /run is a tmpfs: a file with a proxy password must not survive a power cut on disk.
download_work=$(mktemp -d /run/system-update-download.XXXXXX 2>/dev/null || mktemp -d) || exit 73
trap 'rm -rf "$download_work"' EXIT
PINS=$download_work/pins
section download download
exit 0
