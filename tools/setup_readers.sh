#!/bin/sh
# setup_readers.sh: a Python in build/readers-venv with other projects' readers of our formats, for tools/check_formats.py;
# silent when all is there already. Exit code 3: PyPI cannot be reached.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
exec "$root/tools/pypi.sh" "$root/build/readers-venv" textgrid==1.6.1 webvtt-py==0.6.0 pysubs2==1.8.1 pympi-ling==1.71 \
  jsonschema==4.26.0 pyannote.database==6.1.1
