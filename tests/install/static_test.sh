#!/bin/sh
# A package of archives only (DIAR_SHARED=OFF), of the objects that are compiled already: through find_package and
# pkg-config. The programs need no shared library of ours.
. "$(dirname "$0")/common.sh"
quietly cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DDIAR_SHARED=OFF -DDIAR_BUILD_CLI=OFF -DDIAR_MLX=OFF
mkdir -p "$work/build/src" "$work/build/bindings/c"
cp "$build"/src/libdiar*.a "$work/build/src/"
cp "$build"/bindings/c/libdiar*.a "$work/build/bindings/c/"
quietly cmake --install "$work/build" --prefix "$work/prefix"
! find "$work/prefix" -name '*.so*' | grep . || fail "a static package with shared libraries"
if grep -rlF "$build" "$work/prefix" || grep -rlF "$source/" "$work/prefix"; then
  fail "the files above know where they were built"
fi

consumer "$work/all" "$work/prefix" "io;hub"
"$work/all/samples" "$source/models/starter"
"$work/all/files" "$source/samples/conversation.flac"
"$work/all/hub"
for program in samples files hub; do
  ldd "$work/all/$program" >"$work/ldd"
  ! grep -E 'libdiar|not found' "$work/ldd" || fail "$program needs a shared library of ours"
done
no_heavy_libraries "$work/all/samples"

# Archives only, so --static is not needed.
export PKG_CONFIG_PATH="$work/prefix/$libdir/pkgconfig"
quietly "${CXX:-c++}" -std=c++20 "$source/tests/install/consumer/hub.cc" -o "$work/hub" $(pkg-config --cflags --libs diar_hub) -pthread
"$work/hub"
