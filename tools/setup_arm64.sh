#!/bin/sh
# setup_arm64.sh SYSROOT: what cross-building for arm64 Linux and running it needs on Debian: the cross compiler and QEMU,
# installed, and Debian's arm64 libraries, unpacked into the folder SYSROOT; silent when all is there already.
# The libraries are not installed: libyaml-cpp-dev cannot be there for two architectures at once, so apt would remove
# the native one.
set -eu
sysroot=$1
native="g++-aarch64-linux-gnu qemu-user-static"
libraries="libc6-dev libhwy-dev libsoxr-dev libzip-dev libyaml-cpp-dev zlib1g-dev libeigen3-dev nlohmann-json3-dev
 libprotozero-dev libgtest-dev libgmock-dev libflac-dev"

command -v apt-get >/dev/null 2>&1 || { echo "setup: make arm64 needs Debian's packages (apt-get)" >&2; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Runs a command silently; what it printed is shown when it fails.
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }

missing=""
for package in $native; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "setup: as root, run: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
  fi
  echo "setup: installing$missing" >&2
  quietly $sudo apt-get update -qq
  quietly env DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
fi

wanted=$(echo $libraries)
[ "$(cat "$sysroot/unpacked" 2>/dev/null)" = "$wanted" ] && exit 0
echo "setup: unpacking into $sysroot (arm64): $wanted" >&2
rm -rf "$sysroot"
mkdir -p "$sysroot/apt/lists/partial" "$sysroot/apt/archives/partial"
sysroot=$(cd "$sysroot" && pwd)
: >"$sysroot/apt/status"
# apt with a state of its own, in which nothing is installed yet: it resolves all that the libraries need.
arm64_apt() {
  quietly apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
    -o Dir::State="$sysroot/apt" -o Dir::State::status="$sysroot/apt/status" -o Dir::Cache="$sysroot/apt" \
    -o Debug::NoLocking=1 "$@"
}
arm64_apt update
arm64_apt install -y --download-only --no-install-recommends $wanted
for package in "$sysroot"/apt/archives/*.deb; do
  quietly dpkg-deb -x "$package" "$sysroot"
done
rm -rf "$sysroot/apt"
# Absolute links would lead out of the folder.
find "$sysroot" -type l -lname '/*' | while read -r link; do
  ln -sfnr "$sysroot$(readlink "$link")" "$link"
done
echo "$wanted" >"$sysroot/unpacked"
