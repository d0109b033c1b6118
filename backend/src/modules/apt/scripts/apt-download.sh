#!/bin/sh
# shellcheck disable=SC2034,SC2317 # the function is called through `section`; PINS is of apt-transaction.sh
# Fetches the archives of the transaction into apt's cache and installs nothing. Goes after apt-transaction.sh.

# Downgrades are fetched too: whether they are done is confirmed with the plan.
download() {
  transaction_environment
  transaction_apt --allow-downgrades --download-only
}

download_work=$(mktemp -d) || exit 73
trap 'rm -rf "$download_work"' EXIT
PINS=$download_work/pins
section download download
exit 0
