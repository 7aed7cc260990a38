#!/bin/sh
# run.sh DIARIZE AUDIO [ARGS...]: diarizes AUDIO, or the bundled sample; then says how to call it from anywhere.
set -eu
diarize=$1
audio=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -n "$audio" ]; then
  "$diarize" "$audio" "$@"
else
  out=$root/build/sample
  mkdir -p "$out"
  "$diarize" "$root/samples/conversation.flac" --output "$out/conversation.rttm" "$@"
  echo
  "$diarize" score "$root/samples/conversation.rttm" "$out/conversation.rttm"
fi
path=$(cd "$(dirname "$diarize")" && pwd)/$(basename "$diarize")
cat >&2 <<END

From anywhere: $path FILE
or install it: make install (into /usr/local; elsewhere with PREFIX=\$HOME/.local), then: diarize FILE
END
