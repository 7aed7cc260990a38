#!/bin/sh
# add_subdirectory: nothing of the user's project changes, nothing of ours is installed, and the targets are there. Only
# the user's own file is compiled: the library is compiled by this build already.
. "$(dirname "$0")/common.sh"
for shared in ON OFF; do
  quietly cmake -S "$source/tests/install/subproject" -B "$work/$shared" -G Ninja -DDIAR_SOURCE="$source" -DBUILD_SHARED_LIBS=$shared
  quietly cmake --build "$work/$shared" --target user_objects
  quietly cmake --install "$work/$shared" --prefix "$work/prefix-$shared" --component user
  quietly cmake -DCMAKE_INSTALL_PREFIX="$work/prefix-$shared" -P "$work/$shared/diar/cmake_install.cmake"
  (cd "$work/prefix-$shared" && find . -type f) >"$work/files"
  [ "$(cat "$work/files")" = ./share/user.txt ] || fail "installed: $(cat "$work/files")"
  ! grep -q apps/cli "$work/$shared/build.ninja" || fail "the command is built unasked"
done
# Linked as BUILD_SHARED_LIBS says.
grep -q 'libdiar_hub\.so' "$work/ON/build.ninja" || fail "no shared library in a shared build"
! grep -q 'libdiar_hub\.so' "$work/OFF/build.ninja" || fail "a shared library in a static build"
