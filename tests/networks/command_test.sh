#!/bin/sh
# command_test.sh DIARIZE SOURCE_DIR: the command on MLX, without any environment variable, beside the command on the CPU.
set -eu
diarize=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for device in cpu mlx; do
  env -i HOME="$work" "$diarize" "$source/tests/data/golden/audio/one_speaker.flac" --model "$source/tests/data/resnet34" --device $device \
    --verbose --output "$work/$device.rttm" 2>"$work/$device.log" || { cat "$work/$device.log"; exit 1; }
done
grep -q "device *mlx (" "$work/mlx.log" || { cat "$work/mlx.log"; exit 1; }
cmp "$work/cpu.rttm" "$work/mlx.rttm"
