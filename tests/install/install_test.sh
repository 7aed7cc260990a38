#!/bin/sh
# install_test.sh BUILD_DIR SOURCE_DIR: installs the build, then builds and runs a program against the installed package.
set -eu
build=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake -S "$source/tests/install/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 \
  || { cat "$work/log"; exit 1; }
cmake --build "$work/consumer" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/consumer/consumer" "$work/prefix/share/diar/models/starter"
# The installed command finds the installed model from wherever it is called.
cd "$work"
"$work/prefix/bin/diarize" "$source/samples/conversation.flac" --json --output - | grep -q '"speakers"'
