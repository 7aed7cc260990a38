# Sourced by the tests here, which are called with BUILD_DIR SOURCE_DIR PREFIX LIBDIR.
set -eu
build=$1
source=$2
prefix=$3
libdir=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "$1" >&2
  exit 1
}

# Runs a command and shows what it printed only when it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }
}

# consumer DIR PREFIX COMPONENTS: configures and builds tests/install/consumer against a package.
consumer() {
  quietly cmake -S "$source/tests/install/consumer" -B "$1" -DCMAKE_PREFIX_PATH="$2" -DDIAR_COMPONENTS="$3" \
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
  quietly cmake --build "$1"
}

# no_heavy_libraries PROGRAM: libdiar's users get neither FFmpeg nor curl nor cairo.
no_heavy_libraries() {
  ldd "$1" >"$work/ldd"
  ! grep -E 'libav|libsw|libcurl|libcairo|not found' "$work/ldd" || fail "$1 needs too much"
}
