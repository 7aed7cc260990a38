#!/bin/sh
# Installs the build; the command then finds the bundled model from wherever it is called.
. "$(dirname "$0")/common.sh"
rm -rf "$prefix"
quietly cmake --install "$build" --prefix "$prefix" --strip
for file in LICENSE NOTICE; do
  cmp "$source/$file" "$prefix/share/doc/diar/$file"
done
for file in LICENSE NOTICE model.json plda/plda.npz plda/xvec_transform.npz voices/plda.npz voices/xvec_transform.npz; do
  cmp "$source/models/open/$file" "$prefix/share/diar/models/open/$file"
done
cd "$work"
"$prefix/bin/diarize" "$source/samples/conversation.flac" --json --output - | grep -q '"speakers"'
# What the command prints of itself lies where man and the shells look.
for file in man/man1/diarize.1 bash-completion/completions/diarize zsh/site-functions/_diarize \
  fish/vendor_completions.d/diarize.fish; do
  test -s "$prefix/share/$file" || fail "no $file"
done
"$prefix/bin/diarize" man-page | cmp - "$prefix/share/man/man1/diarize.1"
"$prefix/bin/diarize" completion bash | cmp - "$prefix/share/bash-completion/completions/diarize"
