#!/bin/sh
# Everything of `make bench-accuracy`: a virtual environment, the simulated test set (made once), the scores.
#   run.sh BUILD_DIR [ARGS of bench_accuracy.py]
# Environment: CORPORA (the speech corpora, training/README.md), ACCURACY_SET (default build/accuracy/set), COUNT (of the
# conversations, default 40).
set -eu
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck disable=SC2034
NAME=bench-accuracy
# shellcheck source=benchmarks/accuracy/set.sh
. "$here/set.sh"
ami=
if [ -d "$corpora/eval_ami_30s" ]; then
  ami="--ami $corpora/eval_ami_30s"
else
  echo "NOT RUN: ami_30s, whose clips (eval_ami_30s) are not among the corpora" >&2
fi
pyannote=
if [ -d "$root/../shared/golden/genuine-community-1" ]; then
  pyannote="--pyannote $root/../shared/golden/genuine-community-1"
fi
# shellcheck disable=SC2086
exec python3 "$here/bench_accuracy.py" --diarize "$build/diarize" --oracle "$build/tests/oracle_clustering" \
  --set "$set" --count "$count" --work "$cache/results" $ami $pyannote "$@"
