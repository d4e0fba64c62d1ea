#!/bin/bash
# boot.sh MACHINE CGROUP: starts systemd as the first process of a machine of its own, which ends with this process. Its /usr is this machine's,
# read-only; everything else is in the folder MACHINE and stays there. It has a network namespace without any device but its loopback.
set -euo pipefail
machine=$1 cgroup=$2

if [ ! -e "$machine/etc" ]; then
  mkdir -p "$machine"/{root,etc/systemd/system,opt,usr-local/bin,home,srv} "$machine"/var/{cache,lib,log,tmp} "$machine/tree"
  for name in alternatives bash.bashrc dbus-1 debian_version default group gshadow hosts ld.so.cache ld.so.conf ld.so.conf.d login.defs \
    nsswitch.conf os-release pam.d passwd profile security shadow ssl; do
    [ ! -e "/etc/$name" ] || cp -a "/etc/$name" "$machine/etc/"
  done
  basename "$machine" >"$machine/etc/hostname"
  : >"$machine/etc/machine-id"
  chmod 1777 "$machine/var/tmp"
  # Nobody logs in.
  ln -s /dev/null "$machine/etc/systemd/system/systemd-logind.service"
fi

# Its root control group, so that it has one of its own.
mkdir -p "$cgroup"
echo $$ >"$cgroup/cgroup.procs"

# shellcheck disable=SC2016 # The inner shell's.
exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup --net --propagation private bash -euo pipefail -c '
machine=$1 tree=$1/tree
mount -t tmpfs -o mode=755 tmpfs "$tree"
mkdir "$tree"/{usr,etc,var,opt,root,home,srv,proc,sys,dev,run,tmp,old}
for name in bin sbin lib lib64; do ln -s "usr/$name" "$tree/$name"; done
mount --bind /usr "$tree/usr"
mount --bind "$machine/usr-local" "$tree/usr/local"
mount -o remount,bind,ro "$tree/usr"
for name in etc var opt root home; do mount --bind "$machine/$name" "$tree/$name"; done
mount --bind "$machine/srv" "$tree/srv"
mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sysfs "$tree/sys"
mount -t cgroup2 cgroup2 "$tree/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$tree/dev"
for name in null zero full random urandom tty; do
  : >"$tree/dev/$name"
  mount --bind "/dev/$name" "$tree/dev/$name"
done
mkdir "$tree/dev/pts" "$tree/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$tree/dev/pts"
ln -s pts/ptmx "$tree/dev/ptmx"
ln -s /proc/self/fd "$tree/dev/fd"
ln -sf /proc/self/fd/0 "$tree/dev/stdin"
ln -sf /proc/self/fd/1 "$tree/dev/stdout"
ln -sf /proc/self/fd/2 "$tree/dev/stderr"
mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$tree/run"
mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
hostname "$(basename "$machine")"
cd "$tree"
pivot_root . old
umount --lazy /old
rmdir /old
# As systemd has it where it starts a machine: keys that it mounts for services reach them by that.
mount --make-rshared /
exec env --ignore-environment container=waterflow-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
  /usr/lib/systemd/systemd --system --unit=multi-user.target --show-status=no
' boot "$machine"
