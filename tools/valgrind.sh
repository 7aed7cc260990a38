#!/bin/sh
# valgrind.sh BUILD: tests/c_api/plain.c, every function of the C interface called rightly and wrongly, under valgrind: no error and no
# leak. Takes minutes, so it runs one second of audio, with kernels that valgrind knows (no AVX-512). Exit code 3: valgrind is not
# there.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind: install the package valgrind first" >&2; exit 3; }
DIAR_SIMD=${DIAR_SIMD:-ssse3} exec valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect \
  "$1/tests/diar_c_api_plain" models/starter tests/data/golden/audio/instant.flac 0
