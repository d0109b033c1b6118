#!/bin/sh
# Runs once per suite in the image under construction: what Ansible needs on its targets.
set -eu
sources='-o Dir::Etc::SourceList=/usr/lib/fleet/debian.list -o Dir::Etc::SourceParts=/dev/null'
# shellcheck disable=SC2086
apt-get $sources -qq update
# shellcheck disable=SC2086
apt-get $sources -qq -y --no-install-recommends install python3 python3-apt
apt-get clean
rm -rf /var/log/apt/* /var/lib/apt/lists/*
