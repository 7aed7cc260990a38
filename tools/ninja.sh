#!/bin/sh
# ninja.sh NINJA_ARGS...: builds. Silent when nothing is to do; else ninja's line of progress on a terminal, or one line.
set -eu
todo=$(ninja -n "$@" 2>/dev/null | grep -c '^\[' || true)
if [ "$todo" -gt 0 ]; then
  [ "$todo" -lt 20 ] || echo "building: $todo steps, minutes the first time" >&2
  [ ! -t 1 ] || exec ninja "$@"
fi
exec ninja --quiet "$@"
