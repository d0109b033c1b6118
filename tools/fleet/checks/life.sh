# shellcheck shell=bash
# Users, power, crashes and the clean end.

field() { "$FLEET" list | grep -F "\"name\":\"$MACHINE\"" | sed -nE "s/.*\"$1\":\"?([^\",]*)\"?[,}].*/\1/p"; }

# ---------------------------------------------------------------- users

remote() { # USER CMD..
  local user=$1
  shift
  echo "$MACHINE $(field hostKey)" >"$FLEET_ROOT/known_hosts"
  ssh -p "$(field port)" -o HostKeyAlias="$MACHINE" -o UserKnownHostsFile="$FLEET_ROOT/known_hosts" \
    -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o LogLevel=ERROR "${REMOTE_OPTIONS[@]}" \
    "$user@$(field address)" "$@" </dev/null
}

with_key() {
  local REMOTE_OPTIONS=(-o BatchMode=yes -i "$(field keyPath)")
  remote "$@"
}

with_password() { # PASSWORD USER CMD..
  local REMOTE_OPTIONS=(-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1)
  printf '#!/bin/sh\necho %s\n' "$1" >"$FLEET_ROOT/askpass"
  chmod 700 "$FLEET_ROOT/askpass"
  shift
  SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=$FLEET_ROOT/askpass remote "$@"
}

check_users() { # MACHINE SUITE
  select_machine "$@"
  checking "$1 (users)"
  shows '^0$' with_key root id -u
  shows '^0$' with_password rootpw root id -u
  shows '^0$' with_key ops sudo -n id -u
  shows '^0$' with_password adminpw admin "echo adminpw | sudo -S -p '' id -u"
  exits 1 with_password adminpw admin sudo -n id
  exits 1 with_key plain "echo plainpw | sudo -S -p '' id"
  shows 'welcome to a shell' with_key noisy id -u
  exits 1 with_key needtty sudo -n id
  shows '(expired|change)' with_password expiredpw expired id
  shows "^$MACHINE$" with_key ops hostname
}

# ---------------------------------------------------------------- power

state_is() { [ "$(field state)" = "$1" ]; }
booted_again() { [ "$(field bootId)" != "$1" ] && on true 2>/dev/null && state_is running; } # FORMER_BOOT_ID

check_power() { # MACHINE SUITE
  local former key
  select_machine "$@"
  checking "$1 (power)"
  on sh -c 'echo kept >/root/kept; echo lost >/run/lost'
  former=$(field bootId)
  key=$(field hostKey)
  on reboot
  eventually 'reboots' booted_again "$former"
  shows "^$(field bootId)$" on cat /proc/sys/kernel/random/boot_id
  shows '^[0-9]\.' on cat /proc/uptime
  exits 0 on test -e /root/kept
  exits 1 on test -e /run/lost
  on poweroff
  eventually 'powers off' state_is off
  exits 0 "$FLEET" start "$MACHINE"
  exits 0 "$FLEET" reset "$MACHINE"
  exits 1 on test -e /root/kept
  [ "$(field hostKey)" = "$key" ]
  check 'a reset keeps the host key' $?
  exits 0 "$FLEET" reset --new-identity "$MACHINE"
  [ "$(field hostKey)" != "$key" ]
  check 'a new identity has another host key' $?
}

# ---------------------------------------------------------------- the real service manager

is_settled() { [[ $(on systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; }

check_systemd() { # MACHINE SUITE
  local former
  select_machine "$@"
  checking "$1 (systemd)"
  eventually 'systemd settles' is_settled
  hides '●|failed' on systemctl --failed --no-legend
  shows '^0$' on systemd-run --quiet --wait --pipe id -u
  shows '^0$' with_key ops sudo -n id -u
  former=$(field bootId)
  with_key root systemctl reboot >/dev/null 2>&1
  eventually 'reboots through systemctl' booted_again "$former"
  eventually 'sshd is back' with_key root true 2>/dev/null
  shows '^[0-9]\.' on cat /proc/uptime
  on systemctl poweroff >/dev/null 2>&1
  eventually 'powers off through systemctl' state_is off
}

# ---------------------------------------------------------------- faults of the fleet itself

recorded() { cut -d' ' -f1 "$FLEET_ROOT/machines/$MACHINE/$1.process"; } # supervisor|machine
is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

check_faults() { # MACHINE SUITE COUNT
  local init
  select_machine "$@"
  checking "$1 (faults)"
  init=$(field initPid)
  exits 0 "$FLEET" up "$3" --suite mix
  [ "$(field initPid)" = "$init" ]
  check 'a second up changes nothing' $?

  kill -KILL "$(recorded supervisor)"
  eventually 'a machine ends with its supervisor' is_gone "$init"
  exits 0 "$FLEET" up "$3" --suite mix
  shows '^0$' on id -u

  "$FLEET" stop "$MACHINE"
  sleep 1000 &
  # The number of a living stranger with another start time.
  echo "$! 1 $(cat /proc/sys/kernel/random/boot_id)" >"$FLEET_ROOT/machines/$MACHINE/supervisor.process"
  "$FLEET" stop "$MACHINE"
  ! is_gone $!
  check 'a stale record ends no stranger' $?
  kill $!
  wait $! 2>/dev/null
  exits 1 "$FLEET" exec "$MACHINE" true
  exits 1 "$FLEET" exec ../x true
  exits 1 "$FLEET" scenario "$MACHINE" no-such-state
}

# ---------------------------------------------------------------- the end

own_processes() { grep -lzsx "FLEET_ROOT=$FLEET_ROOT" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx -e $$ -e "$BASHPID"; }

living_daemons() {
  local pid
  for pid in $(own_processes); do
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -E '__supervise|__boot|apt-server|gpg-agent|debootstrap'
  done
}

# Interrupts an up as a terminal would, as soon as it has begun to start machines.
check_interrupt() { # COUNT
  local child
  checking interrupt
  "$FLEET" down
  env --default-signal=INT "$FLEET" up "$1" --suite mix >/dev/null 2>&1 &
  child=$!
  eventually 'up begins to start machines' test -s "$FLEET_ROOT/machines/fleet01/supervisor.process"
  kill -INT "$child"
  wait "$child"
  check 'an interrupted up ends with 130' $(($? != 130))
  check_nothing_left
}

check_nothing_left() {
  hides . living_daemons
  hides . ss -Hltn "src $FLEET_NET.0/24"
  hides "$FLEET_ROOT" cat /proc/mounts
}

check_down() {
  checking down
  exits 0 "$FLEET" up 2 --suite mix
  shows '__supervise' living_daemons
  shows '__boot' living_daemons
  shows 'apt-server' living_daemons
  exits 0 "$FLEET" down
  check_nothing_left
  shows '^\[$' "$FLEET" list
  exits 0 "$FLEET" down
}
