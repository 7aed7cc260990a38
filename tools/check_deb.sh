#!/bin/sh
# check_deb.sh DEB [CHROOT]: a clean Debian 12 (debootstrap makes it in CHROOT if that is no directory yet) in which the package
# is installed with what it depends on, runs on the bundled sample, shows its man page and is purged; then nothing may be
# left of it. As root; MIRROR=URL takes another mirror. Exit code 3: debootstrap or Debian's mirror is not there.
set -eu
deb=$(realpath "$1")
chroot=${2:-}
mirror=${MIRROR:-http://deb.debian.org/debian}
sample=$(cd "$(dirname "$0")/.." && pwd)/samples/conversation.flac
own=
mounted=
finish() {
  [ -z "$mounted" ] || umount "$chroot/proc"
  [ -z "$own" ] || rm -rf "$chroot"
}
trap finish EXIT

[ "$(id -u)" -eq 0 ] || { echo "check_deb: needs root" >&2; exit 3; }
if [ ! -d "$chroot" ]; then
  command -v debootstrap >/dev/null || { echo "check_deb: install the package debootstrap first" >&2; exit 3; }
  [ -n "$chroot" ] || { chroot=$(mktemp -d) && own=1; }
  debootstrap --variant=minbase bookworm "$chroot" "$mirror" >"${TMPDIR:-/tmp}/check_deb.log" 2>&1 ||
    { tail -n 20 "${TMPDIR:-/tmp}/check_deb.log" >&2; exit 3; }
fi
cp /etc/resolv.conf "$chroot/etc/resolv.conf"
mount -t proc proc "$chroot/proc" 2>/dev/null && mounted=1
in_chroot() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive chroot "$chroot" "$@"; }
apt() { in_chroot apt-get -qq -o APT::Install-Recommends=false "$@" >"$chroot/tmp/apt.log" 2>&1 || { cat "$chroot/tmp/apt.log" >&2; exit 1; }; }

# Every path and package, without what apt writes for itself.
state() {
  in_chroot find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/log -o -path /var/cache -o \
    -path /var/lib/apt -o -path '/var/lib/dpkg/*-old' -o -path /run \) -prune -o -print | LC_ALL=C sort
  in_chroot dpkg-query -W -f '${Package} ${Status}\n' | LC_ALL=C sort
}

work=$(mktemp -d)
apt update
apt install man-db
state >"$work/before"
cp "$deb" "$chroot/tmp/package.deb"
cp "$sample" "$chroot/tmp/talk.flac"
apt install /tmp/package.deb
echo "installed: $(in_chroot dpkg-query -W -f '${Package} ${Version} (${Installed-Size} KiB), depends on ${Depends}' diarize)"
in_chroot dpkg-query -L diarize | sed 's/^/  /'
! in_chroot ldd /usr/bin/diarize | grep 'not found' || { echo "check_deb: the package lacks dependencies" >&2; exit 1; }
in_chroot diarize --version
in_chroot sh -c 'cd /tmp && diarize talk.flac --speed faster && test -s talk.rttm && diarize models path starter'
in_chroot man --warnings -E UTF-8 -l /usr/share/man/man1/diarize.1.gz 2>"$work/man" >/dev/null
[ ! -s "$work/man" ] || { cat "$work/man" >&2; exit 1; }
in_chroot env MANWIDTH=80 man diarize | sed -n '1,20s/^/  /p'
apt purge diarize
apt autoremove --purge
state >"$work/after"
if ! diff "$work/before" "$work/after"; then
  echo "check_deb: the package left traces" >&2
  exit 1
fi
rm -rf "$work"
echo "purged without a trace"
