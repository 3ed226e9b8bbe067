# The scenery in which the command lines are run. It is PID 1 of a PID namespace, with mount, UTS, IPC and network
# namespaces of its own. The argument is a directory of its own on the root file system.
set -eu
place=$1

# What scripts ask about: /boot and /boot/efi, a disk with data, binds of it, and file systems in memory.
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o size=64m,mode=755 tmpfs /mnt
mount -t tmpfs -o size=64m,mode=755 tmpfs /var/lib
mount -t tmpfs -o size=16m,nosuid,nodev,noexec,mode=1777 tmpfs /tmp
mkdir /run/images /run/lock
image() { file=/run/images/$1; truncate -s "$2" "$file"; shift 2; "$@" "$file" >/dev/null; }
attach() { losetup --find --show "/run/images/$1"; }
# Loop devices are the machine's: no other one may have these tags.
read -r boot_uuid </proc/sys/kernel/random/uuid
read -r efi_uuid </proc/sys/kernel/random/uuid
label=data-${boot_uuid%%-*}
image boot 8M mkfs.ext4 -q -F -L boot -U "$boot_uuid"
image data 16M mkfs.ext4 -q -F -L "$label"
image efi 4M mkfs.ext2 -q -F -L EFI -U "$efi_uuid"
boot=$(attach boot)
data=$(attach data)
efi=$(attach efi)
# Each device is freed when its last mount is gone, with this mount namespace.
trap 'losetup -d "$boot" "$data" "$efi"' EXIT
mount -o noatime "$boot" /boot
mkdir /boot/efi
mount -o nodev "$efi" /boot/efi
mkdir /mnt/data
mount "$data" /mnt/data
losetup -d "$boot" "$data" "$efi"
trap - EXIT
# A file system whose device is not in /dev.
mkdir /mnt/node
cp -a "$efi" /run/node
mount /run/node /mnt/node
rm /run/node
mkdir -p /mnt/data/home/alice /mnt/data/ro
echo text >/mnt/data/ro/file
mount --bind /mnt/data/home /home
mount --bind /mnt/data/ro /srv
mount -o remount,bind,ro,nosuid /srv
mkdir "/mnt/with blank" /mnt/ram /mnt/gone /mnt/shared /mnt/slave /mnt/empty
mount -t tmpfs -o size=1m "my disk" "/mnt/with blank"
mount -t ramfs ramfs /mnt/ram
mount -t tmpfs shm /dev/shm
for name in one two three; do mount -t tmpfs -o size=1m $name /media; done
mount -t tmpfs -o size=1m shared /mnt/shared
mount --make-shared /mnt/shared
mount --bind /mnt/shared /mnt/slave
mount --make-slave /mnt/slave

# Containers, as docker and the kubelet leave them in the table.
layers=/var/lib/docker/overlay2
id=3f2a9c1be07d45f88a3b0f6f2f1d9f6de5f3f6d2b1c4a5968778695a4b3c2d1e
mkdir -p $layers/$id/diff $layers/$id/work $layers/$id/merged
mount -t overlay -o "lowerdir=/,upperdir=$layers/$id/diff,workdir=$layers/$id/work" overlay $layers/$id/merged
pod=/var/lib/kubelet/pods/0b6f3d0e-5c1c-4b7e-9d5f-1f0c4e3a2b1d
csi=/var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-1/globalmount
mkdir -p "$pod/volumes/kubernetes.io~projected/kube-api-access-x2x5k" "$pod/volumes/kubernetes.io~csi/pvc-1/mount" $csi
mount -t tmpfs -o size=4k tmpfs "$pod/volumes/kubernetes.io~projected/kube-api-access-x2x5k"
mount "$data" $csi
mount --bind $csi "$pod/volumes/kubernetes.io~csi/pvc-1/mount"

# Files of the machine.
mkdir /run/etc
cat >/run/etc/fstab <<END
# <file system> <mount point> <type> <options> <dump> <pass>

UUID=$boot_uuid /boot ext4 defaults,noatime 0 2
UUID=$efi_uuid	/boot/efi	ext2	nodev	0	1
LABEL=$label /mnt/data ext4 defaults,nofail 1 2
/mnt/data/home /home none bind 0 0
tmpfs /tmp tmpfs nosuid,nodev,noexec,size=16m 0 0
/mnt/data/swap none swap sw 0 0
srv:/export /mnt/nfs nfs noauto,_netdev,vers=4.2
//nas/share /mnt/cifs cifs noauto,credentials=/etc/cifs 0 0
my\\040disk /mnt/with\\040blank tmpfs size=1m 0 0
/dev/sr0 /media/cdrom udf,iso9660 user,noauto 0 0
END
echo web-1.example.org >/run/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 web-1.example.org web-1 www\n' >/run/etc/hosts
printf '# a name\n\n  db-1  \n' >/run/etc/names
printf 'corp.example\n' >/run/etc/domain
: >/run/etc/empty
mount -t tmpfs -o size=1m tmpfs /opt
mkdir -p /opt/etc
grep -v -e /home -e nofail /run/etc/fstab >/opt/etc/fstab
for name in fstab hostname hosts; do
    [ -e /etc/$name ] || : >/etc/$name
    mount --bind /run/etc/$name /etc/$name
done
[ -e /etc/resolv.conf ] && mount --bind /run/etc/empty /etc/resolv.conf
hostname web-1.example.org
domainname '(none)'
ip link set lo up
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.7/24 dev eth0
ip link set eth0 up
ip link set eth1 up

# Namespaces: named networks, a container with a nested one, one of an ordinary kind of user namespace, two pins.
ip netns add blue
ip netns add red
ip netns exec blue sleep 1000 &
blue=$!
wait_for() { until [ -e "$1" ]; do :; done; }
child() { read -r first rest </proc/"$1"/task/"$1"/children || :; echo "$first"; }
nsenter --net=/run/netns/red unshare -mpuif --propagation private sh -c '
    cd "$1"; mkdir -p .old; pivot_root . .old; umount -l .old; mount -t proc proc /proc; mount -t sysfs sysfs /sys
    mount -t tmpfs -o size=1m shm /dev/shm; hostname container-1; : >/run/ready; exec sleep 1001
' sh $layers/$id/merged 2>/dev/null &
wait_for $layers/$id/diff/run/ready
container=$(child $!)
nsenter -t "$container" -m -p -u -i -n unshare -mpuf --mount-proc sh -c 'hostname nested; : >/run/nested; exec sleep 1002' &
wait_for $layers/$id/diff/run/nested
nested=$(child "$(child $!)")
unshare -Urmpf --mount-proc sh -c ': >/run/user; exec sleep 1003' &
wait_for /run/user
user=$(child $!)
chroot $layers/$id/merged sleep 1004 &
chrooted=$!
mkdir /run/pins
mount -t tmpfs -o size=1m pins /run/pins
mount --make-private /run/pins
: >/run/pins/uts
: >/run/pins/net
unshare --uts=/run/pins/uts sh -c 'hostname pinned'
unshare --net=/run/pins/net true

cat >"$place/names" <<END
boot=$boot boot_uuid=$boot_uuid data=$data label=$label efi=$efi layers=$layers id=$id pod=$pod csi=$csi
blue=$blue C=$container D=$nested U=$user X=$chrooted
END
readlink /proc/[0-9]*/ns/* | sed 's/[^0-9]//g' | sort -u >"$place/namespaces"
exec sh "$place/run.sh" "$place"
