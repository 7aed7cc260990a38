#!/bin/sh
# Fails when a folder includes one it must not know (docs/architecture.md draws the layers).
set -eu
cd "$1"
failures=0

# allow FOLDER "allowed folders": every quoted include of src/FOLDER starts with one of them, diar/ or its own name.
allow() {
  folder=$1
  allowed=$2
  [ -d "src/$folder" ] || return 0
  grep -rnoE '#include "[a-z_]+/' "src/$folder" --include='*.h' --include='*.cc' | while IFS= read -r line; do
    target=$(printf '%s' "$line" | sed -E 's/.*"([a-z_]+)\/$/\1/')
    case " diar $folder $allowed " in
      *" $target "*) ;;
      *) printf '%s\n' "$line: src/$folder must not include $target/" ;;
    esac
  done
}

report=$(
  allow core ""
  allow audio "core"
  allow features "core"
  allow nn "core"
  allow clustering "core"
  allow output "core"
  allow metrics "core"
  allow transcripts "core"
  allow models "core features nn"
  allow hub "core models"
  allow backends "core features nn models"
  allow pipeline "core features models clustering audio"
  allow api "core audio features nn models backends clustering pipeline output metrics hub"
  # Commands and examples see the public headers only.
  grep -rnE '#include "(core|audio|features|nn|models|backends|clustering|pipeline|output|metrics|transcripts|hub|api)/' apps examples \
    --include='*.h' --include='*.cc' --include='*.cpp' 2>/dev/null || true
  # Public headers need the standard library only.
  grep -rnE '#include ("|<)(Eigen|nlohmann|CLI|hwy|yaml|zip|soxr|libav|curl)' include || true
  # No type of a backend's library leaves that backend.
  grep -rnE '#include <mlx/' include src apps bindings examples tests benchmarks --include='*.h' --include='*.cc' 2>/dev/null \
    | grep -v '^src/backends/mlx/' || true
  # A library never prints, exits or aborts.
  grep -rnE 'std::c(out|err)|[^a-z_:]printf\(|[^a-z_](abort|exit)\(' src --include='*.h' --include='*.cc' || true
)
if [ -n "$report" ]; then
  printf '%s\n' "$report"
  exit 1
fi
