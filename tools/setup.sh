#!/bin/sh
# Installs the packages that the build needs and that are missing; silent when there are none.
set -eu

debian_packages="g++ cmake ninja-build pkg-config git libavformat-dev libavcodec-dev libavutil-dev libswresample-dev
 libsoxr-dev libeigen3-dev libcli11-dev nlohmann-json3-dev libyaml-cpp-dev libzip-dev zlib1g-dev libhwy-dev libprotozero-dev
 libcurl4-openssl-dev libcairo2-dev libgtest-dev libgmock-dev libbenchmark-dev"
brew_packages="cmake ninja pkg-config ffmpeg libsoxr eigen cli11 nlohmann-json yaml-cpp libzip highway protozero cairo googletest
 google-benchmark"

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
  for package in $debian_packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
  done
  [ -z "$missing" ] && exit 0
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "setup: as root, run: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
  fi
  echo "setup: installing$missing" >&2
  log=$(mktemp)
  if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
elif command -v brew >/dev/null 2>&1; then
  for package in $brew_packages; do
    brew list --versions "$package" >/dev/null 2>&1 || missing="$missing $package"
  done
  [ -z "$missing" ] && exit 0
  echo "setup: installing$missing" >&2
  brew install --quiet $missing
else
  echo "setup: neither apt nor Homebrew found; docs/building.md lists what to install by hand" >&2
fi
