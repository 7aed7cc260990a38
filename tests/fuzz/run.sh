#!/bin/sh
# Runs fuzz targets one after the other: run.sh PROGRAMS_DIR SECONDS WORK_DIR [NAME...]
# New inputs and findings stay in WORK_DIR/NAME and WORK_DIR/findings, never in the repository. Ends with 1 on a finding.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
programs=$1
seconds=$2
work=$3
shift 3
[ $# -gt 0 ] || set -- $(cd "$programs" && ls | sed -n 's/^fuzz_\([a-z_]*\)$/\1/p')

mkdir -p "$work/findings" "$work/logs"
failed=""
for name in "$@"; do
  mkdir -p "$work/$name"
  # rss and malloc limits make an unbounded allocation a finding, timeout an unbounded loop.
  status=0
  nice -n 19 "$programs/fuzz_$name" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -malloc_limit_mb=512 \
    -print_final_stats=1 -artifact_prefix="$work/findings/$name-" \
    "$work/$name" "$here/corpus/$name" $(ls -d "$here/regressions/$name" 2>/dev/null || true) >"$work/logs/$name.log" 2>&1 || status=$?
  printf '%-18s %s %s\n' "$name" "$(grep -aE '^#[0-9]+.*DONE|^Done ' "$work/logs/$name.log" | tail -2 | tr '\n' ' ')" \
    "$(grep -a 'peak_rss_mb' "$work/logs/$name.log" || true)"
  if [ "$status" -ne 0 ]; then
    failed="$failed $name"
    echo "finding in $name: $work/logs/$name.log" >&2
  fi
done
[ -z "$failed" ]
