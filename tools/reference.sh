#!/bin/sh
# reference.sh OUT [WHEELS PYTHON]: the reference of the headers (Doxygen, Debian package doxygen) in OUT/cpp and, with a folder of
# wheels, of the Python package (pdoc from PyPI) in OUT/python. What Doxygen says is an error: an undocumented member of the C
# header, and everything else but undocumented members of C++ classes. Exit code 3: Doxygen or PyPI is not there.
set -eu
cd "$(dirname "$0")/.."
out=$1
command -v doxygen >/dev/null || { echo "reference: install the package doxygen first" >&2; exit 3; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf "$out/cpp"
mkdir -p "$out/cpp"
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $out/cpp"; } | doxygen - >/dev/null 2>"$log"
if grep -E 'diar\.h:|: (warning|error): ' "$log" | grep -vE '/include/diar/(io/|hub/)?[a-z_]+\.h:[0-9]+: warning: (Member|Compound) .* is not documented' ||
   grep -E '/diar/diar\.h:' "$log"; then
  echo "reference: mend the lines above" >&2
  exit 1
fi
echo "$out/cpp/html/index.html"

[ $# -eq 3 ] || exit 0
version=$("$3" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$PWD/build/docs-venv-$version
PYTHON=$3 tools/pypi.sh "$venv" numpy soundfile pandas pyannote.core pdoc==16.0.0
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall \
  --find-links "$2" diarize-cpp
rm -rf "$out/python"
# What it warns of is a type that it cannot show.
(cd "$out" && "$venv/bin/pdoc" --docformat google --output-directory python diarize_cpp) 2>"$log" || echo "reference: pdoc failed" >>"$log"
if [ -s "$log" ]; then
  cat "$log" >&2
  exit 1
fi
echo "$out/python/index.html"
