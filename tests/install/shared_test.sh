#!/bin/sh
# find_package(diar): each library alone, what it needs, and what is said when it is not there.
. "$(dirname "$0")/common.sh"
consumer "$work/all" "$prefix" "io;hub"
"$work/all/samples" "$prefix/share/diar/models/starter"
no_heavy_libraries "$work/all/samples"
"$work/all/files" "$source/samples/conversation.flac"
"$work/all/hub"

# A project that knows no C++.
mkdir "$work/c-source"
cat >"$work/c-source/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(diar REQUIRED COMPONENTS c)
add_executable(program $source/examples/diarize.c)
target_link_libraries(program PRIVATE diar::c)
END
quietly cmake -S "$work/c-source" -B "$work/c" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
quietly cmake --build "$work/c"
"$work/c/program" "$prefix/share/diar/models/starter" "$source/samples/conversation.flac" 2>/dev/null | grep -q 'SPEAKER_00: ' \
  || fail "the program in C finds nobody"

# From the same package: libdiar and nothing else, as archives, which find what they stand on.
consumer "$work/static" "$prefix" "static"
"$work/static/samples" "$prefix/share/diar/models/starter"
no_heavy_libraries "$work/static/samples"
! grep libdiar "$work/ldd" || fail "the static program needs a shared libdiar"

# A package without libdiar_io says so; one of another minor version is refused.
cp -r "$prefix" "$work/moved"
rm "$work/moved/$libdir/cmake/diar/diar-io-shared.cmake"
refused() {
  wanted=$1
  shift
  if cmake -S "$source/tests/install/consumer" -B "$work/refused" -DCMAKE_PREFIX_PATH="$work/moved" "$@" >"$work/log" 2>&1; then
    fail "find_package should have failed: $*"
  fi
  grep -q "$wanted" "$work/log" || { cat "$work/log"; fail "no word of '$wanted'"; }
}
refused "no shared library 'io' is installed" -DDIAR_COMPONENTS=io
refused "no shared library 'telepathy' is installed" -DDIAR_COMPONENTS=telepathy
refused "both static and shared" "-DDIAR_COMPONENTS=static;shared"
refused "considered but not accepted" -DDIAR_COMPONENTS=hub -DDIAR_WANTED_VERSION=0.99
