#!/bin/sh
# Fails when a folder includes one it must not know (docs/architecture.md draws the layers).
set -eu
cd "$1"

# allow FOLDER "allowed folders": every quoted include of src/FOLDER starts with one of them, diar/ or its own name.
allow() {
  folder=$1
  allowed=$2
  if [ ! -d "src/$folder" ]; then
    echo "src/$folder is not there: is this test out of date?"
    return 0
  fi
  grep -rnoE '#include "[a-z0-9_]+/' "src/$folder" --include='*.h' --include='*.cc' | while IFS= read -r line; do
    target=$(printf '%s' "$line" | sed -E 's/.*"([a-z0-9_]+)\/$/\1/')
    case " diar $folder $allowed " in
      *" $target "*) ;;
      *) printf '%s\n' "$line: src/$folder must not include $target/" ;;
    esac
  done
}

report=$(
  allow core ""
  allow frontend "core"
  allow nn "core"
  allow clustering "core"
  allow metrics "core"
  allow voices "core"
  allow models "core"
  allow backends "core"
  allow networks "core frontend nn models backends"
  allow assign "core clustering"
  allow session "core frontend assign clustering"
  allow engine "core frontend models clustering assign session networks"
  allow tuning "core models clustering assign session engine metrics networks"
  allow io "core frontend"
  allow hub "core models"
  # libdiar knows nothing of files of audio, formats or the hub.
  for folder in core frontend nn clustering metrics voices models backends networks assign session engine tuning; do
    grep -rnE '#include "diar/(io|hub)/' "src/$folder" --include='*.h' --include='*.cc' || true
  done
  grep -rnE '#include "diar/hub/' src/io || true
  grep -nE '#include "diar/(io|hub)/' include/diar/*.h || true
  # Commands and examples see the public headers only.
  grep -rnE '#include "(core|frontend|nn|models|backends|networks|clustering|assign|session|engine|metrics|tuning|voices|io|hub)/' \
    apps examples --include='*.h' --include='*.cc' --include='*.cpp' 2>/dev/null || true
  # Public headers need the standard library only.
  grep -rnE '#include ("|<)(Eigen|nlohmann|CLI|hwy|yaml|zip|soxr|libav|curl)' include || true
  # No type of a backend's library leaves that backend's files.
  grep -rnE '#include <mlx/' include src apps bindings examples tests benchmarks --include='*.h' --include='*.cc' 2>/dev/null \
    | grep -vE '^src/(backends/mlx/|networks/[a-z0-9]+/mlx)' || true
  # A library never prints, exits or aborts.
  grep -rnE 'std::c(out|err)|[^a-z_:]printf\(|[^a-z_](abort|exit)\(' src --include='*.h' --include='*.cc' || true
)
if [ -n "$report" ]; then
  printf '%s\n' "$report"
  exit 1
fi
