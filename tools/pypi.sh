#!/bin/sh
# pypi.sh VENV [REQUIREMENT...]: a private Python in VENV that has these PyPI packages; silent when all is there already.
# Exit code 3: PyPI cannot be reached.
set -eu
venv=$1
shift
wanted=$*

if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi

# Debian keeps ensurepip, which makes the environment, in a package that is not there by default.
if command -v dpkg-query >/dev/null 2>&1 &&
   [ "$(dpkg-query -W -f '${db:Status-Status}' python3-venv 2>/dev/null || true)" != installed ]; then
  echo "setup: installing python3-venv" >&2
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 ||
    echo "setup: python3-venv could not be installed" >&2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf "$venv"
mkdir -p "$(dirname "$venv")"
if ! "${PYTHON:-python3}" -m venv "$venv" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if [ -n "$wanted" ]; then
  echo "setup: installing $wanted in $venv" >&2
  if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --retries 2 --timeout 20 "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -rf "$venv"
    # pip's exit code does not tell a dead network, or an index that knows nothing, from other errors.
    grep -Eq "from versions: none|connection broken|Max retries exceeded|ProxyError" "$log" && exit 3
    exit 1
  fi
fi
echo "$wanted" >"$venv/installed"
