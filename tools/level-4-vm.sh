#!/bin/bash
# Runs the tests of confinement level 4, and `waterflow doctor`, on a kernel that has cgroup v2: a virtual machine of QEMU
# without hardware help, booted from a Debian kernel, with this machine's own files below an overlay in memory. Nothing of this
# machine is changed but the folder of the kernel (default /tmp/waterflow-vm). Needs: qemu-system-x86, busybox-static, cpio, apt.
# Usage: tools/level-4-vm.sh [COMMAND], run by bash in the checkout as root. `delegated WORD...` runs a command in a group of its own.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${WATERFLOW_VM:-/tmp/waterflow-vm}
command=${1:-"vitest run runtime/supervisor/confinement/level-4.test.ts runtime/supervisor/confinement/confinement.test.ts; delegated bin/waterflow doctor"}
mkdir -p "$folder" && cd "$folder"

if [ ! -d kernel ]; then
  package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  apt-get download -q "$package"
  dpkg -x "$package"_*.deb kernel
fi

rm -rf initrd && mkdir -p initrd/{bin,mods,proc,sys,dev,host,rw,root}
cp "$(command -v busybox)" initrd/bin/busybox
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci netfs fscache 9pnet 9pnet_virtio 9p overlay"
for module in $modules; do cp "$(find kernel/lib/modules -name "$module.ko" | head -1)" initrd/mods/; done

cat > initrd/init <<INIT
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in $modules; do insmod /mods/\$module.ko; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host
mount -t tmpfs -o size=2g tmpfs /rw; mkdir /rw/up /rw/work
mount -t overlay -o lowerdir=/host,upperdir=/rw/up,workdir=/rw/work overlay /root
mount -t proc proc /root/proc; mount -t sysfs sys /root/sys; mount -t devtmpfs dev /root/dev
mount -t tmpfs tmpfs /root/tmp; chmod 1777 /root/tmp; mkdir -p /root/dev/shm /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm; mount -t devpts devpts /root/dev/pts
mount -t cgroup2 -o nsdelegate none /root/sys/fs/cgroup
ifconfig lo 127.0.0.1 up
cp /task /bin/busybox /root/tmp/
# Not chroot: in one, the kernel allows no user namespaces.
exec switch_root /root /bin/bash -c 'bash /tmp/task; echo "the command ended with \$?"; /tmp/busybox poweroff -f'
INIT
chmod +x initrd/init

cat > initrd/task <<TASK
# As systemd does for a unit with Delegate=yes.
echo +memory +pids +cpu > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/waterflow.service
echo \$\$ > /sys/fs/cgroup/waterflow.service/cgroup.procs
# Runs a command in a group of its own, as a unit would.
delegated() {
  mkdir -p /sys/fs/cgroup/other.service
  bash -c 'echo \$\$ > /sys/fs/cgroup/other.service/cgroup.procs; exec "\$@"' bash "\$@"
}
cd "$root"
export PATH="$root/node_modules/.bin:\$PATH" HOME=/root WATERFLOW_TEST_CGROUP=1 NO_COLOR=1
$command
TASK

(cd initrd && find . | cpio -o -H newc --quiet | gzip -1) > initrd.gz
# A serial line of its own for what the command prints; the firmware speaks first.
exec qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 4096 -nographic -no-reboot -nodefaults -serial stdio \
  -kernel kernel/boot/vmlinuz-* -initrd initrd.gz -append "console=ttyS0 quiet panic=-1" \
  -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=host,mount_tag=host
