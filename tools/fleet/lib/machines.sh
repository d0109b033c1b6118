# shellcheck shell=bash
# Making, starting, stopping, listing machines, and running commands in them.
#
# A machine's folder: settings, identity/ (host keys and machine-id, kept by a reset), disk/ (what it changed on its
# image), supervisor.process and machine.process (records), boot-id, state, log.

machine_name() { printf 'fleet%02d' "$1"; }
machine_names() { [ ! -d "$MACHINES" ] || find "$MACHINES" -mindepth 1 -maxdepth 1 -name 'fleet*' -printf '%f\n' | sort -V; }
machine_users() { grep -v '^#' "$FLEET_HOME/machine/users"; }

setting() { sed -n "s/^$2=//p" "$1/settings"; } # FOLDER KEY

require_machines() { # NAME..
  local name
  [ $# -gt 0 ] || die 'which machines?'
  for name; do
    [[ $name =~ ^fleet[0-9]+$ && -f $MACHINES/$name/settings ]] || die "no machine named '$name'"
  done
}

# Several fleets have machines of the same name.
machine_cgroup() { # NAME
  local tree=/sys/fs/cgroup
  [ ! -d "$tree/unified" ] || tree=$tree/unified
  echo "$tree/$(fingerprint_of "$MACHINES")-$1"
}

init_pid() { # NAME : the machine's process 1, as seen from the box
  local outer inner=''
  outer=$(recorded_pid "$MACHINES/$1/machine.process") || return 1
  # The kernel ends this list without a newline, which read reports as a failure.
  read -r inner _ 2>/dev/null <"/proc/$outer/task/$outer/children"
  [ -n "$inner" ] && echo "$inner"
}

# ---------------------------------------------------------------- making

write_identity() { # FOLDER NAME
  mkdir -p "$1/identity"
  ssh-keygen -q -t ed25519 -N '' -C "root@$2" -f "$1/identity/ssh_host_ed25519_key"
  ssh-keygen -q -t ecdsa -N '' -C "root@$2" -f "$1/identity/ssh_host_ecdsa_key"
  tr -d - </proc/sys/kernel/random/uuid >"$1/identity/machine-id"
}

# A socket of the box on all addresses would refuse the port to every machine.
box_listens_everywhere() { # PORT
  local port
  port=$(printf '%04X' "$1")
  grep -Eqs "^ *[0-9]+: (0{8}|0{32}):$port 0+:0000 0A" /proc/net/tcp /proc/net/tcp6
}

machine_port() {
  if [ -n "$FLEET_PORT" ]; then
    echo "$FLEET_PORT"
  elif box_listens_everywhere "$USUAL_PORT"; then
    echo "$OTHER_PORT"
  else
    echo "$USUAL_PORT"
  fi
}

write_settings() { # FOLDER NUMBER SUITE VARIANT BULK
  printf '%s\n' "number=$2" "address=$FLEET_NET.$2" "port=$(machine_port)" "suite=$3" "variant=$4" "bulk=$5" \
    "layers=$(image_layers "$3" "$4")" >"$1/settings.new"
  mv "$1/settings.new" "$1/settings"
}

fresh_disk() { # FOLDER
  rm -rf --one-file-system "$1/disk" "$1/state" "$1/boot-id"
  mkdir -p "$1/disk/upper" "$1/disk/work" "$1/root"
}

# A machine that exists keeps what it is: prints its value, or dies when another was asked for.
kept_or_asked() { # NAME KEY ASKED DEFAULT
  local kept
  if [ ! -f "$MACHINES/$1/settings" ]; then
    echo "${3:-$4}"
    return
  fi
  kept=$(setting "$MACHINES/$1" "$2")
  [ -z "$3" ] || [ "$3" = "$kept" ] || die "$1 exists with $2 '$kept', not '$3': take the fleet down or choose other numbers"
  echo "$kept"
}

create_machine() { # NUMBER SUITE VARIANT BULK
  local name folder
  name=$(machine_name "$1")
  folder=$MACHINES/$name
  if [ ! -f "$folder/settings" ]; then
    rm -rf --one-file-system "$folder"
    mkdir -p "$folder"
    write_identity "$folder" "$name"
    fresh_disk "$folder"
    write_settings "$folder" "$@"
  elif ! layers_present "$(setting "$folder" layers)"; then
    say "$name: its image is no longer in the cache; it gets a fresh disk"
    stop_machine "$name"
    fresh_disk "$folder"
    write_settings "$folder" "$@"
  fi
}

renew_machine() { # NAME NEW_IDENTITY
  local folder=$MACHINES/$1
  [ "$2" = no ] || { rm -rf "$folder/identity" && write_identity "$folder" "$1"; }
  fresh_disk "$folder"
  write_settings "$folder" "$(setting "$folder" number)" "$(setting "$folder" suite)" "$(setting "$folder" variant)" \
    "$(setting "$folder" bulk)"
}

# ---------------------------------------------------------------- starting and stopping

machine_is_up() { recorded_pid "$MACHINES/$1/supervisor.process" >/dev/null; }

start_machine() { # NAME
  local folder=$MACHINES/$1
  machine_is_up "$1" && return
  end_recorded "$folder/machine.process" KILL
  echo starting >"$folder/state"
  spawn "$folder/supervisor.process" "$folder/log" bash "$FLEET_HOME/fleet" __supervise "$1"
}

stop_machine() { # NAME
  local folder=$MACHINES/$1 init start=''
  init=$(init_pid "$1") && start=$(process_start "$init")
  end_recorded "$folder/supervisor.process" TERM
  end_recorded "$folder/machine.process" KILL
  [ -z "$start" ] || wait_until_gone "$init" "$start" || say "$1: process 1 does not end"
  remove_cgroup "$1"
  echo off >"$folder/state"
}

remove_cgroup() { # NAME
  local group
  group=$(machine_cgroup "$1")
  [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# Looks for the listening socket instead of connecting: current sshd counts a connection without login against the
# address that made it.
sshd_listens() { # ADDRESS PORT
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  grep -q "^ *[0-9]*: $(printf '%02X%02X%02X%02X:%04X' "$d" "$c" "$b" "$a" "$2") 00000000:0000 0A" /proc/net/tcp
}

wait_for_sshd() { # NAME..
  local name tries failed=0
  for name; do
    tries=600
    until sshd_listens "$(setting "$MACHINES/$name" address)" "$(setting "$MACHINES/$name" port)"; do
      if ! machine_is_up "$name" || ((tries-- == 0)); then
        say "$name did not come up: see $MACHINES/$name/log"
        failed=1
        break
      fi
      sleep 0.1
    done
  done
  return "$failed"
}

# ---------------------------------------------------------------- looking and running

in_machine() { # NAME CMD..
  local init name=$1
  shift
  init=$(init_pid "$name") || die "$name is not running"
  nsenter --target "$init" --mount --uts --ipc --pid --cgroup --time \
    env -i "PATH=$MACHINE_PATH" HOME=/root LC_ALL=C.UTF-8 "$@" 7>&- 8>&- 9>&-
}

users_json() {
  machine_users | awk '
    { printf "%s{\"name\":\"%s\",\"password\":%s,\"key\":%s,\"sudo\":\"%s\"}", separator, $1,
        $2 == "-" ? "null" : "\"" $2 "\"", $3 == "yes" ? "true" : "false", $4
      separator = "," }'
}

machine_state() { # NAME
  if machine_is_up "$1"; then cat "$MACHINES/$1/state"; else grep -hs '^failed' "$MACHINES/$1/state" || echo off; fi
}

machine_json() { # NAME
  local folder=$MACHINES/$1 init uptime=null
  if init=$(init_pid "$1"); then
    uptime=$(nsenter --target "$init" --pid --time --mount cat /proc/uptime 2>/dev/null | cut -d. -f1)
  fi
  printf '{"name":"%s","address":"%s","port":%s,"suite":"%s","variant":"%s","state":"%s",' "$1" \
    "$(setting "$folder" address)" "$(setting "$folder" port)" "$(setting "$folder" suite)" "$(setting "$folder" variant)" "$(machine_state "$1")"
  printf '"bootId":"%s","uptimeSeconds":%s,"initPid":%s,"hostKey":"%s","keyPath":"%s","users":[%s]}' \
    "$(cat "$folder/boot-id" 2>/dev/null)" "${uptime:-null}" "${init:-null}" \
    "$(cut -d' ' -f1,2 "$folder/identity/ssh_host_ed25519_key.pub")" "$KEYS/login" "$(users_json)"
}

list_machines() {
  local name separator=''
  printf '['
  for name in $(machine_names); do
    [ -f "$MACHINES/$name/settings" ] || continue
    printf '%s\n  ' "$separator"
    machine_json "$name"
    separator=,
  done
  printf '\n]\n'
}
