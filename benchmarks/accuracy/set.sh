# shellcheck shell=sh disable=SC2034,SC2154
# For run.sh here and accuracy.sh of the peers, which source it: where things lie, and the simulated test set, made once.
# In: NAME of the make target and root, the repository. Out: corpora, cache, set, count, stop.
# Beside the repository of its authors lie the corpora; others name theirs.
corpora=${CORPORA:-$root/../shared/corpora}
cache=$root/build/accuracy
set=${ACCURACY_SET:-$cache/set}
count=${COUNT:-40}

stop() {
  echo "NOT RUN: $NAME needs $1" >&2
  exit 1
}

command -v python3 >/dev/null || stop "python3"
# The last file of each conversation is the noisy one.
if [ "$(find "$set/noisy" -name '*.wav' 2>/dev/null | wc -l)" -lt "$count" ] ||
   [ "$(find "$set/reference_energy" -name '*.rttm' 2>/dev/null | wc -l)" -lt "$count" ]; then
  [ -d "$corpora/ami_rttm" ] || stop "the speech corpora, which are not part of the repository: CORPORA=dir says where they are (training/README.md)"
  command -v ffmpeg >/dev/null || stop "ffmpeg"
  numpy=$cache/venv
  if ! "$numpy/bin/python" -c "import numpy" 2>/dev/null; then
    python3 -m venv "$numpy" || stop "the venv module of Python (Debian: python3-venv)"
    "$numpy/bin/pip" install --quiet -r "$root/benchmarks/accuracy/requirements.txt" || stop "numpy from PyPI"
  fi
  [ -f "$cache/prepared/index.tsv" ] || "$numpy/bin/python" "$root/training/prepare_corpora.py" \
    --corpora "$corpora" --split test --out "$cache/prepared" >&2
  "$numpy/bin/python" "$root/training/make_conversations.py" --prepared "$cache/prepared" \
    --ami "$corpora/ami_rttm/only_words.tar.gz" --out "$set" --count "$count" >&2
fi
