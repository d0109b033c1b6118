# shellcheck shell=bash
# The inside of a machine's start: runs as process 1 of the new namespaces, builds the root and becomes the init.

mount_root() { # FOLDER
  mount -t overlay overlay -o "lowerdir=$(setting "$1" layers),upperdir=$1/disk/upper,workdir=$1/disk/work" "$1/root"
}

mount_kernel_filesystems() {
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys
  mount -t tmpfs -o mode=755,size=4m tmpfs dev
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  # As in life, nothing in these two survives a reboot: /run/reboot-required does not.
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  mkdir -p run/fleet run/sshd run/lock
}

make_devices() {
  local device name major minor
  for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$device"
    mknod -m 666 "dev/$name" c "$major" "$minor"
  done
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin
  ln -s fd/1 dev/stdout
  ln -s fd/2 dev/stderr
  ln -s pts/ptmx dev/ptmx
}

show_boot_id() { # FOLDER
  cp "$1/boot-id" run/fleet/boot-id
  mount --bind run/fleet/boot-id proc/sys/kernel/random/boot_id
}

show_booted_kernel() {
  local kernels
  if [ -s boot/fleet-boots ]; then
    cp boot/fleet-boots run/fleet/kernel
    return
  fi
  shopt -s nullglob
  kernels=(boot/vmlinuz-*)
  shopt -u nullglob
  [ ${#kernels[@]} = 0 ] && return
  printf '%s\n' "${kernels[@]#boot/vmlinuz-}" | sort -V | tail -1 >run/fleet/kernel
}

authorize_key() { # USER PUBLIC_KEY_FILE
  local uid gid home
  IFS=: read -r _ _ uid gid _ home _ < <(grep "^$1:" etc/passwd)
  install -d -m 700 -o "$uid" -g "$gid" ".$home/.ssh"
  install -m 600 -o "$uid" -g "$gid" "$2" ".$home/.ssh/authorized_keys"
}

bulk_sshd_settings() {
  echo 'MaxStartups 500:30:1000'
  # OpenSSH before 9.8 has no penalties and refuses to start on the word.
  ! chroot . /usr/sbin/sshd -T -o PerSourcePenalties=no >/dev/null 2>&1 || echo 'PerSourcePenalties no'
}

write_sshd_settings() { # FOLDER
  {
    echo "ListenAddress $(setting "$1" address):$(setting "$1" port)"
    [ "$(setting "$1" bulk)" = no ] || bulk_sshd_settings
  } >etc/ssh/sshd_config.d/40-fleet-machine.conf
}

# What distinguishes this machine from the others of its suite; written once, so that later changes on it are kept.
personalise() { # FOLDER NAME
  local user key
  [ -e "$1/disk/personalised" ] && return
  echo "$2" >etc/hostname
  printf '127.0.0.1 localhost\n%s %s\n' "$(setting "$1" address)" "$2" >etc/hosts
  cat /etc/resolv.conf >etc/resolv.conf
  cp -p "$1"/identity/ssh_host_* etc/ssh/
  install -m 444 "$1/identity/machine-id" etc/machine-id
  install -m 644 "$KEYS/archive.asc" etc/apt/keyrings/fleet.asc
  install -m 644 "$KEYS/expired.asc" etc/apt/keyrings/fleet-expired.asc
  while read -r user _ key _; do
    [ "$key" = no ] || authorize_key "$user" "$KEYS/login.pub"
  done < <(machine_users)
  write_sshd_settings "$1"
  sources_text base >etc/apt/sources.list.d/fleet.sources
  touch "$1/disk/personalised"
}

# systemd wants a cgroup2 tree of its own as the root of its cgroup namespace.
enter_own_cgroup() { # NAME
  local group
  group=$(machine_cgroup "$1")
  mkdir -p "$group"
  echo 0 >"$group/cgroup.procs"
  FLEET_IN_CGROUP=yes exec unshare --cgroup bash "$FLEET_HOME/fleet" __boot "$1"
}

boot_machine() { # NAME
  local folder=$MACHINES/$1 variant
  variant=$(setting "$folder" variant)
  [ "$variant" != systemd ] || [ -n "${FLEET_IN_CGROUP:-}" ] || enter_own_cgroup "$1"
  set -e
  mount_root "$folder"
  cd "$folder/root"
  mount_kernel_filesystems
  make_devices
  hostname "$1"
  personalise "$folder" "$1"
  show_boot_id "$folder"
  show_booted_kernel
  [ "$variant" != systemd ] || mount -t cgroup2 cgroup2 sys/fs/cgroup
  mkdir -p .outside
  pivot_root . .outside
  umount -l /.outside
  rmdir /.outside
  cd /
  # A background child of a shell ignores the interrupt signal, and an init that inherits that cannot catch it again.
  local clean=(env --default-signal -i "PATH=$MACHINE_PATH")
  # Told that it is a container, systemd leaves the box's kernel settings and devices alone.
  [ "$variant" != systemd ] || exec "${clean[@]}" container=fleet /lib/systemd/systemd --system
  exec "${clean[@]}" HOME=/root /bin/sh /usr/lib/fleet/init
}
