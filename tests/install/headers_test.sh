#!/bin/sh
# Every installed header compiles alone, with nothing but the standard library and with strict warnings.
. "$(dirname "$0")/common.sh"
(cd "$source/include" && find . -name '*.h' | sort) >"$work/source"
(cd "$prefix/include" && find . -name '*.h' | sort) >"$work/headers"
cmp "$work/source" "$work/headers" || fail "not every public header is installed"
while read -r header; do
  echo "#include <${header#./}>" >"$work/one.cc"
  "${CXX:-c++}" -std=c++20 -Wall -Wextra -pedantic -Werror -fsyntax-only -I "$prefix/include" "$work/one.cc" \
    || fail "$header does not compile alone"
done <"$work/headers"
