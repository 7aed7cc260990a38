#!/bin/sh
# setup_mlx.sh VENV: MLX's wheel from PyPI in a private virtual environment, and on Debian OpenBLAS for its CPU
# operations; silent when all is there already.
#   MLX_VERSION   another version than the one that was tested
#   MLX_PACKAGE   another package: mlx (macOS), mlx[cpu], mlx[cuda12], mlx[cuda13]
# Exit code 3: PyPI cannot be reached (or has no wheel for this machine).
set -eu
venv=$1
version=${MLX_VERSION:-0.32.4}
if [ -z "${MLX_PACKAGE:-}" ]; then
  case $(uname -s) in
    Darwin) MLX_PACKAGE=mlx ;;
    *)
      MLX_PACKAGE="mlx[cpu]"
      if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU; then
        # The driver says which CUDA it can run at most.
        cuda=$(nvidia-smi | sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p')
        if [ "${cuda:-0}" -ge 13 ]; then MLX_PACKAGE="mlx[cuda13]"; else MLX_PACKAGE="mlx[cuda12]"; fi
      fi
      ;;
  esac
fi
wanted="$MLX_PACKAGE==$version"

# Installs the Debian packages that are missing among the arguments.
debian() {
  command -v dpkg-query >/dev/null 2>&1 || return 0
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] && continue
    echo "setup: installing $package" >&2
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 \
      || echo "setup: $package could not be installed" >&2
  done
}
debian python3-venv libopenblas0-pthread

if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi

python=${PYTHON:-python3}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf "$venv"
if ! "$python" -m venv "$venv" >"$log" 2>&1; then
  cat "$log" >&2
  echo "setup: MLX's wheel needs Python 3.10 or newer with venv" >&2
  exit 1
fi
echo "setup: installing $wanted in $venv" >&2
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check "$wanted" >"$log" 2>&1; then
  cat "$log" >&2
  rm -rf "$venv"
  exit 3
fi
echo "$wanted" >"$venv/installed"
