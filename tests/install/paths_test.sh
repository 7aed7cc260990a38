#!/bin/sh
# No installed file knows where it was built, and the libraries find each other only by lying in one folder.
. "$(dirname "$0")/common.sh"
for folder in "$build" "$source" "$prefix"; do
  if grep -rlF "$folder" "$prefix"; then
    fail "the files above hold the path $folder"
  fi
done
for file in "$prefix/bin/diarize" "$prefix/$libdir"/*.so.*.*.*; do
  readelf -d "$file" | sed -n 's/.*(R.*PATH).*\[\(.*\)\]/\1/p' >"$work/runpath"
  case $(basename "$file"):$(cat "$work/runpath") in
    diarize: | libdiar.so.*: | 'libdiar_io.so.'*':$ORIGIN' | 'libdiar_hub.so.'*':$ORIGIN' | 'libdiar_c.so.'*':$ORIGIN') ;;
    *) fail "$file has the run path '$(cat "$work/runpath")'" ;;
  esac
done
