#!/bin/sh
# The shared libraries show what the namespace diar exports and nothing else, and their names carry major.minor.
. "$(dirname "$0")/common.sh"
read_macro() { sed -n "s/#define DIAR_VERSION_$1 //p" "$prefix/include/diar/version.h"; }
abi=$(read_macro MAJOR).$(read_macro MINOR)
for name in diar diar_io diar_hub; do
  library=$prefix/$libdir/lib$name.so
  nm -D -C --defined-only "$library" | cut -d ' ' -f 3- >"$work/symbols"
  grep -q '^diar::' "$work/symbols" || fail "$library exports nothing"
  if grep -vE '^((typeinfo( name)?|vtable|VTT|construction vtable) for |(non-)?virtual thunk to )?diar::' "$work/symbols"; then
    fail "$library exports the symbols above"
  fi
  # Kernels and other insides are no one's business.
  if grep -E 'diar::(nn|N_[A-Z0-9_]+)::|Eigen|nlohmann|YAML|hwy::' "$work/symbols"; then
    fail "$library exports the insides above"
  fi
  readelf -d "$library" | grep -qF "Library soname: [lib$name.so.$abi]" || fail "$library is not named lib$name.so.$abi"
done

# The C interface shows its functions and nothing of C++.
library=$prefix/$libdir/libdiar_c.so
nm -D --defined-only "$library" | cut -d ' ' -f 3- >"$work/symbols"
LC_ALL=C sort "$work/symbols" >"$work/sorted"
diff "$source/bindings/c/symbols.txt" "$work/sorted" || fail "$library does not export what bindings/c/symbols.txt lists"
readelf -d "$library" | grep -qF "Library soname: [libdiar_c.so.$abi]" || fail "$library is not named libdiar_c.so.$abi"
