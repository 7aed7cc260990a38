#!/bin/sh
# check_wheel.sh WHEEL [CHROOT]: a clean Debian 12 (debootstrap makes it in CHROOT if that is no directory yet) with Python and
# nothing of ours, in which the wheel is installed into an empty virtual environment and diarizes the sample from a WAV file, a
# FLAC file and from samples in memory; all three are the RTTM of DIARIZE (default: build/release/diarize). As root; MIRROR=URL
# takes another mirror. What the wheel needs from PyPI is downloaded outside. Exit code 3: debootstrap, Debian's mirror or PyPI is
# not there.
set -eu
cd "$(dirname "$0")/.."
wheel=$(realpath "$1")
chroot=${2:-}
command=${DIARIZE:-build/release/diarize}
mirror=${MIRROR:-http://deb.debian.org/debian}
work=$(mktemp -d)
own=
mounted=
finish() {
  [ -z "$mounted" ] || umount "$chroot/proc"
  [ -z "$own" ] || rm -rf "$chroot"
  rm -rf "$work"
}
trap finish EXIT

[ "$(id -u)" -eq 0 ] || { echo "check_wheel: needs root" >&2; exit 3; }
if [ ! -d "$chroot" ]; then
  command -v debootstrap >/dev/null || { echo "check_wheel: install the package debootstrap first" >&2; exit 3; }
  [ -n "$chroot" ] || { chroot=$(mktemp -d) && own=1; }
  debootstrap --variant=minbase --include=python3,python3-venv bookworm "$chroot" "$mirror" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; exit 3; }
fi
mount -t proc proc "$chroot/proc" 2>/dev/null && mounted=1
in_chroot() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TERM=dumb HOME=/tmp chroot "$chroot" "$@"; }
fail() { echo "check_wheel: $*" >&2; exit 1; }

! in_chroot sh -c 'ls /usr/lib/*/libav*.so* /usr/include/libav* /usr/bin/ffmpeg 2>/dev/null' || fail "the chroot has an FFmpeg"
rm -rf "$chroot/tmp/wheels" "$chroot/tmp/venv" "$chroot/tmp/talk"
mkdir -p "$chroot/tmp/wheels" "$chroot/tmp/talk"
# For the chroot's Python, which may be another one than ours.
version=$(in_chroot python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
python3 -m pip download --quiet --disable-pip-version-check --only-binary :all: --python-version "$version" \
  --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 --dest "$chroot/tmp/wheels" \
  'numpy>=1.24' 'soundfile>=0.12' >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 3; }
cp "$wheel" "$chroot/tmp/wheels"
in_chroot python3 -m venv /tmp/venv
in_chroot /tmp/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links /tmp/wheels diarize-cpp

cp samples/conversation.flac "$chroot/tmp/talk"
cat >"$chroot/tmp/talk/check.py" <<'END'
import sys

import diarize_cpp
import soundfile

samples, rate = soundfile.read("conversation.flac", dtype="int16")
soundfile.write("conversation.wav", samples, rate)
engine = diarize_cpp.Engine()
found = {
    "FLAC": engine.diarize("conversation.flac"),
    "WAV": engine.diarize("conversation.wav"),
    "int16": engine.diarize(samples, rate, uri="conversation"),
    "float32": engine.diarize(samples.astype("float32") / 32768, rate, uri="conversation"),
}
texts = {name: result.to_rttm() for name, result in found.items()}
if len(set(texts.values())) != 1:
    sys.exit("inputs of the same samples give different results")
sys.stdout.write(texts["FLAC"])
maps = open("/proc/self/maps").read()
if "libavcodec" in maps:
    sys.exit("an FFmpeg was loaded")
print(f"{engine}, {len(found['FLAC'].speakers)} speakers", file=sys.stderr)
END
in_chroot sh -c 'cd /tmp/talk && env -u PYTHONPATH /tmp/venv/bin/python check.py' >"$work/found.rttm"
"$command" samples/conversation.flac --model starter --quiet --output - >"$work/wanted.rttm"
cmp "$work/found.rttm" "$work/wanted.rttm" || fail "the wheel's RTTM is not the command's"
echo "check_wheel: $(basename "$wheel") on Python $version: $(wc -l <"$work/found.rttm") turns, equal to the command's"
