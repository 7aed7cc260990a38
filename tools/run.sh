#!/bin/sh
# run.sh DIARIZE AUDIO [ARGS...]: diarizes AUDIO, or the bundled sample.
set -eu
diarize=$1
audio=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -n "$audio" ]; then
  exec "$diarize" "$audio" "$@"
fi
out=$root/build/sample
mkdir -p "$out"
"$diarize" "$root/samples/conversation.flac" --output "$out/conversation.rttm" "$@"
echo
exec "$diarize" score "$root/samples/conversation.rttm" "$out/conversation.rttm"
