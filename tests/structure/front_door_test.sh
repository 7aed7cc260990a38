#!/bin/sh
# What a newcomer sees of `make run`: progress while it builds, and at the end how to go on. With programs that
# stand in for ninja and diarize, so that nothing is built.
set -eu
source=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/diar-front-XXXXXX")
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
has() {
  grep -qF -e "$2" "$1" || { cat "$1" >&2; fail "no '$2' in what $1 says"; }
}
is() {
  [ "$1" = "$2" ] || fail "$3: '$1', expected '$2'"
}

mkdir -p "$work/tools" "$work/release" "$work/bin" "$work/samples"
cp "$source/tools/run.sh" "$source/tools/ninja.sh" "$work/tools/"
cat > "$work/release/diarize" <<'END'
#!/bin/sh
echo "called with $*"
exit "${FAKE_STATUS:-0}"
END
cat > "$work/bin/ninja" <<'END'
#!/bin/sh
echo "ninja: Entering directory 'build'"
step=0
while [ "$step" -lt "${FAKE_STEPS:-0}" ]; do
  step=$((step + 1))
  echo "[$step/$FAKE_STEPS] Building CXX object a/very/long/path/of/some/folder/that/does/not/fit/any/terminal/file_$step.cc.o"
done
[ "${FAKE_STATUS:-0}" = 0 ] || echo "file.cc:1:2: error: expected ';'"
[ "${FAKE_STEPS:-0}" -gt 0 ] || echo "ninja: no work to do."
exit "${FAKE_STATUS:-0}"
END
chmod +x "$work/release/diarize" "$work/bin/ninja"

# The closing hint: a path that works from anywhere, and how to install; after the results, and not into them.
cd "$work"
tools/run.sh release/diarize talk.wav --json > out 2> err
is "$(cat out)" "called with talk.wav --json" "the call"
has err "From anywhere: $work/release/diarize FILE"
has err "make install"
tools/run.sh release/diarize "" > out 2> err
has out "called with $work/samples/conversation.flac --output $work/build/sample/conversation.rttm"
has out "called with score $work/samples/conversation.rttm $work/build/sample/conversation.rttm"
has err "From anywhere: $work/release/diarize FILE"
status=0
FAKE_STATUS=4 tools/run.sh release/diarize talk.wav > out 2> err || status=$?
is "$status" 4 "exit status of a failure"
is "$(cat err)" "" "a hint after a failure"

# The same through the Makefile.
touch release/build.ninja
if command -v make > /dev/null; then
  make -s -C "$source" run RELEASE="$work/release" NINJA=true DEVICE=cpu AUDIO=talk.wav ARGS="--threads 1" \
    > out 2> err || { cat err >&2; fail "make run"; }
  is "$(cat out)" "called with talk.wav --device cpu --threads 1" "make run"
  has err "From anywhere: $work/release/diarize FILE"
else
  echo "NOT RUN: make run (there is no make)"
fi

# Progress of the build: nothing when nothing is to do, a line for each tenth in a log, errors whole.
PATH=$work/bin:$PATH
export PATH
tools/ninja.sh -C build > out 2> err
is "$(cat out err)" "" "a build without work"
FAKE_STEPS=40 tools/ninja.sh -C build > out
is "$(wc -l < out | tr -d ' ')" 10 "lines of progress in a log"
is "$(sed -n 10p out)" "building: 40 of 40" "the last of them"
FAKE_STEPS=5 tools/ninja.sh -C build > out
is "$(cat out)" "" "a short build"
status=0
FAKE_STEPS=5 FAKE_STATUS=1 tools/ninja.sh -C build > out || status=$?
is "$status" 1 "status of a build that failed"
is "$(cat out)" "file.cc:1:2: error: expected ';'" "what compilers say"

# On a terminal one line, never wider than that is.
if ! command -v script > /dev/null || ! script -qec true /dev/null > /dev/null 2>&1; then
  echo "NOT RUN: progress on a terminal (there is no script of util-linux)"
  exit 0
fi
FAKE_STEPS=7 script -qec "stty cols 40; tools/ninja.sh -C build" /dev/null < /dev/null > out
is "$(tr '\r' '\n' < out | grep -c 'Building CXX')" 7 "steps on a terminal"
longest=$(tr '\r' '\n' < out | sed 's/.\[K//' | awk '{ if (length($0) > n) n = length($0) } END { print n }')
[ "$longest" -le 39 ] || fail "a line of $longest characters on a terminal of 40"
is "$(tail -c 3 out | od -An -c | tr -d ' \n')" '033[K' "the line at the end is not erased"
