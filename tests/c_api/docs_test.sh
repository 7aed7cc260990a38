#!/bin/sh
# docs_test.sh SOURCE LIBRARY_DIR CC: every program in docs/c-api.md compiles without a warning and runs.
set -eu
source=$1
library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v folder="$work" '/^```c$/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > (folder "/" n ".c") }' \
  "$source/docs/c-api.md"
count=0
for program in "$work"/*.c; do
  "$3" -std=c11 -Wall -Wextra -pedantic -Werror -Wno-unused-parameter -I "$source/include" "$program" -o "$work/program" \
    -L "$library" -ldiar_c -Wl,-rpath,"$library"
  "$work/program" "$source/models/starter" "$source/tests/data/golden/audio/two_speakers.flac" >"$work/out"
  count=$((count + 1))
  [ "$count" -ne 1 ] || grep -q 'SPEAKER_00' "$work/out"
done
[ "$count" -eq 3 ] || { echo "found $count programs in docs/c-api.md, not 3" >&2; exit 1; }
grep -q '"type":"final"' "$work/out"
