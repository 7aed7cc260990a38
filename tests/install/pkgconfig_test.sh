#!/bin/sh
# pkg-config: flags that build a program for each library, versions, and what --static adds.
. "$(dirname "$0")/common.sh"
export PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig"
version=$(sed -n "s/#define DIAR_VERSION_[A-Z]* //p" "$prefix/include/diar/version.h" | paste -sd .)
for pair in samples:diar files:diar_io hub:diar_hub; do
  program=${pair%:*}
  library=${pair#*:}
  [ "$(pkg-config --modversion "$library")" = "$version" ] || fail "$library.pc is of another version"
  flags=$(pkg-config --cflags --libs "$library")
  ! echo "$flags" | grep -E -- '-l(av|sw|curl|cairo|soxr|zip|hwy)' || fail "$library.pc: a shared library brings its own"
  quietly "${CXX:-c++}" -std=c++20 "$source/tests/install/consumer/$program.cc" -o "$work/$program" $flags \
    -Wl,-rpath,"$prefix/$libdir"
done
"$work/samples" "$prefix/share/diar/models/starter"
"$work/files" "$source/samples/conversation.flac"
"$work/hub"
no_heavy_libraries "$work/samples"
# C, by a C compiler.
quietly cc -std=c11 -Wall -Wextra -pedantic -Werror "$source/examples/diarize.c" -o "$work/c" $(pkg-config --cflags --libs diar_c) \
  -Wl,-rpath,"$prefix/$libdir"
"$work/c" "$prefix/share/diar/models/starter" "$source/samples/conversation.flac" 2>/dev/null | grep -q 'SPEAKER_00: ' \
  || fail "the program in C finds nobody"

# A static link: our archives with what Requires.private names, and nothing more.
rm -rf "$work/prefix"
cp -r "$prefix" "$work/prefix"
rm "$work/prefix/$libdir"/libdiar*.so*
export PKG_CONFIG_PATH="$work/prefix/$libdir/pkgconfig"
for pair in samples:diar files:diar_io hub:diar_hub; do
  program=${pair%:*}
  library=${pair#*:}
  needs=$({ pkg-config --print-requires-private diar; pkg-config --print-requires-private "$library"; } | sort -u)
  quietly "${CXX:-c++}" -std=c++20 "$source/tests/install/consumer/$program.cc" -o "$work/$program" \
    $(pkg-config --cflags --libs "$library") $(pkg-config --libs $needs) -pthread
  pkg-config --static --libs "$library" | grep -q -- -lhwy || fail "$library.pc: --static adds nothing"
done
"$work/samples" "$prefix/share/diar/models/starter"
"$work/files" "$source/samples/conversation.flac"
"$work/hub"
