#!/bin/sh
# test_python.sh WHEELS PYTHON [PYTEST ARGUMENTS...]: installs the wheel that fits into an environment of its own, runs the
# package's tests there and checks its types and those of the examples. Exit code 3: PyPI cannot be reached.
set -eu
cd "$(dirname "$0")/.."
wheels=$1
python=$2
shift 2
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$PWD/build/python-venv-$version
PYTHON=$python tools/pypi.sh "$venv" numpy soundfile pytest mypy pyannote.core pyannote.metrics pandas av
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall \
  --find-links "$wheels" diarize-cpp
"$venv/bin/pytest" bindings/python/tests -p no:cacheprovider -rs "$@"
(cd bindings/python && "$venv/bin/mypy" --no-error-summary diarize_cpp ../../examples/ray_batch.py)
