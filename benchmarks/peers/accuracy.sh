#!/bin/sh
# Everything of `make bench-accuracy-peers`: the set `open`, the simulated test set (made once), a virtual environment
# with the peers, the scores.
#   accuracy.sh BUILD_DIR [ARGS of compare_accuracy.py]
# Environment: as for benchmarks/accuracy/run.sh, and PEERS_VENV.
set -eu
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck disable=SC2034
NAME=bench-accuracy-peers
# shellcheck source=benchmarks/accuracy/set.sh
. "$root/benchmarks/accuracy/set.sh"
open=$("$build/diarize" models path open 2>/dev/null) || stop "the set open (make models)"
venv=${PEERS_VENV:-$cache/peers-venv}
# shellcheck source=benchmarks/peers/venv.sh
. "$here/venv.sh"
models=$cache/peers-models
[ -f "$models/done" ] || { "$venv/bin/python" "$here/export_open.py" "$build/diarize" "$open" "$models" >&2 && touch "$models/done"; }
exec "$venv/bin/python" "$here/compare_accuracy.py" --diarize "$build/diarize" --open "$open" --models "$models" \
  --set "$set" --count "$count" --work "$cache/peers" "$@"
