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
# Beside the repository of its authors lie the corpora; others name theirs.
corpora=${CORPORA:-$root/../shared/corpora}
cache=$root/build/accuracy
set=${ACCURACY_SET:-$cache/set}
count=${COUNT:-40}

stop() {
  echo "NOT RUN: bench-accuracy needs $1" >&2
  exit 1
}

command -v python3 >/dev/null || stop "python3"
# The last file of each conversation is the noisy one.
if [ "$(find "$set/noisy" -name '*.wav' 2>/dev/null | wc -l)" -lt "$count" ] ||
   [ "$(find "$set/reference_energy" -name '*.rttm' 2>/dev/null | wc -l)" -lt "$count" ]; then
  [ -d "$corpora/ami_rttm" ] || stop "the speech corpora, which are not part of the repository: CORPORA=dir says where they are (training/README.md)"
  command -v ffmpeg >/dev/null || stop "ffmpeg"
  venv=$cache/venv
  if ! "$venv/bin/python" -c "import numpy" 2>/dev/null; then
    python3 -m venv "$venv" || stop "the venv module of Python (Debian: python3-venv)"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt" || stop "numpy from PyPI"
  fi
  [ -f "$cache/prepared/index.tsv" ] || "$venv/bin/python" "$root/training/prepare_corpora.py" \
    --corpora "$corpora" --split test --out "$cache/prepared" >&2
  "$venv/bin/python" "$root/training/make_conversations.py" --prepared "$cache/prepared" \
    --ami "$corpora/ami_rttm/only_words.tar.gz" --out "$set" --count "$count" >&2
fi
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
