#!/bin/sh
# Installs the build; the command then finds the bundled model from wherever it is called.
. "$(dirname "$0")/common.sh"
rm -rf "$prefix"
quietly cmake --install "$build" --prefix "$prefix" --strip
for file in LICENSE NOTICE; do
  cmp "$source/$file" "$prefix/share/doc/diar/$file"
done
for file in LICENSE NOTICE model.json plda/plda.npz plda/xvec_transform.npz; do
  cmp "$source/models/open/$file" "$prefix/share/diar/models/open/$file"
done
cd "$work"
"$prefix/bin/diarize" "$source/samples/conversation.flac" --json --output - | grep -q '"speakers"'
