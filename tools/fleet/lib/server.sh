# shellcheck shell=bash
# The loopback server of the synthetic repository.

readonly SERVER=$FLEET_ROOT/apt-server

find_node() {
  local candidate
  for candidate in "${NODE:-}" "$FLEET_HOME/../../node_modules/.bin/node" "$(command -v node)"; do
    [ -x "$candidate" ] && echo "$candidate" && return
  done
  return 1
}

server_is_up() { recorded_pid "$SERVER/server.process" >/dev/null; }

start_server() {
  local tries=100 node
  server_is_up && return
  node=$(find_node) || die 'no node found: set NODE'
  mkdir -p "$SERVER"
  rm -f "$SERVER/output"
  spawn "$SERVER/server.process" "$SERVER/output" \
    "$node" "$FLEET_HOME/apt-server.mjs" "$REPOSITORY" "${FLEET_APT%:*}" "${FLEET_APT#*:}" "$SERVER/access.log"
  until grep -qs '^listening' "$SERVER/output"; do
    if ! server_is_up || ((tries-- == 0)); then die "the apt server does not start on $FLEET_APT: see $SERVER/output"; fi
    sleep 0.1
  done
}

stop_server() { end_recorded "$SERVER/server.process" TERM; }
