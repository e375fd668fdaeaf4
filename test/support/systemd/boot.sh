#!/bin/sh
# Boots systemd as the first process of its own namespaces, on a copy of the root file system that
# is thrown away. Only units in /etc/systemd/system and the few stubs below are known there.
#
#   boot.sh FOLDER REPOSITORY    FOLDER is empty; REPOSITORY is mounted as /opt/resumelb
#
# Its network has only the loopback interface.
set -eu
folder=$1 repository=$2

if [ "${3:-}" != inside ]; then
  # A control group of its own: systemd manages the one that it sees as the root.
  mkdir "$folder/cgroups"
  mount -t cgroup2 cgroup2 "$folder/cgroups"
  group="$folder/cgroups/$(basename "$folder")"
  mkdir "$group"
  echo $$ > "$group/cgroup.procs"
  exec unshare --cgroup --pid --fork --kill-child --ipc --uts --net --mount \
    "$0" "$folder" "$repository" inside
fi

umount "$folder/cgroups"
mkdir "$folder/layers"
mount -t tmpfs tmpfs "$folder/layers"
mkdir "$folder/layers/upper" "$folder/layers/work" "$folder/layers/root"
root="$folder/layers/root"
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$folder/layers/upper,workdir=$folder/layers/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root/opt/resumelb" "$root/run/lock" "$root/srv/application" "$root/etc/resumelb"
mount --bind "$repository" "$root/opt/resumelb"
for bin in "$repository"/packages/*/bin/*.js; do
  name=$(basename "$bin" .js)
  ln -sf "/opt/resumelb/${bin#"$repository/"}" "$root/usr/local/bin/$name"
done

units="$root/etc/systemd/system"
rm -rf "$units"
mkdir -p "$units"
for target in basic local-fs multi-user network network-online shutdown sockets sysinit; do
  printf '[Unit]\nDefaultDependencies=no\n' > "$units/$target.target"
done
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
  cp "/lib/systemd/system/$unit" "$units/"
done
printf 'Wants=systemd-journald.service\n' >> "$units/basic.target"
printf 'Requires=basic.target\nAfter=basic.target\n' >> "$units/multi-user.target"

cd "$root"
mkdir -p run/host
pivot_root . run/host
export container=other SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/systemd/transient
export SYSTEMD_PROC_CMDLINE=quiet PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=no
