#!/bin/sh
# Finds the clustering parameters of a model on conversations of all conditions together
# (make_conversations.py --split validation).
#   tune_clustering.sh DIARIZE CONVERSATIONS MODEL OUT [more arguments of diarize tune]
# OUT/params.json holds the result; the networks' outputs stay in OUT/cache.
set -eu
diarize=$1 conversations=$2 model=$3 out=$4
shift 4
rm -rf "$out/audio" "$out/reference"
mkdir -p "$out/audio" "$out/reference"
# A recording is known by its name, and the conditions share theirs.
for condition in clean room noisy; do
  for file in "$conversations/$condition"/*.wav; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .wav)
    ln -s "$(realpath "$file")" "$out/audio/${condition}_$name.wav"
    sed "s/^SPEAKER $name /SPEAKER ${condition}_$name /" "$conversations/reference_energy/$name.rttm" \
      > "$out/reference/${condition}_$name.rttm"
  done
done
exec "$diarize" tune "$out/audio" "$out/reference" --model "$model" --cache "$out/cache" \
  --output "$out/params.json" "$@"
