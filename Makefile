# `make` alone prints this help. Recipes are one line; what is longer stands in .ci/.
CLIP ?= examples/media/demo.mp4

FILE ?=
CONFIG ?= examples/clips/viral_clips_config.json
FILES ?=
FORMAT ?= text

.PHONY: help setup setup-all demo clips backtest test test-long check bench bench-peers wheel npm cdylib bless clean

help: ## this help
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## what a build needs: checks the toolchain, installs system packages (apt), says what it does
	@.ci/setup.sh build

setup-all: ## that, and Python, Node and what their tests and the comparisons need
	@.ci/setup.sh test

demo: setup ## analyses CLIP (our demo clip, or CLIP=path) and writes its payload beside it
	@.ci/demo.sh "$(CLIP)"

clips: ## ranks the clips of FILE (JSON, JSON Lines, CSV, XLSX or Parquet; without it an invented sample) into BASE.json, .csv and .xlsx
	@.ci/clips.sh "$(FILE)" "$(CONFIG)"

backtest: ## how our ranking and others would have done on FILES (FORMAT=json: nothing but JSON)
	@.ci/backtest.sh "$(FORMAT)" $(FILES)

test: ## sets up and runs every test of the four languages; prints minutes per step
	@.ci/test.sh

test-long: ## the long tests: 2,000 mutations with every arithmetic check on, copies of more films
	@.ci/setup.sh build && .ci/test-long.sh

check: setup ## fmt, clippy, rustdoc, licences (with cargo-deny, where it is installed): what must hold before a commit
	@.ci/check.sh

bench: setup ## criterion benches, one file per core module
	cargo bench -p viralnow-core --features full

bench-peers: setup-all ## the same work by the decoder alone and by the Python peers, in one run
	@benches/peers/run.sh && benches/peers/sound.sh && benches/peers/text.sh && benches/peers/hashes.sh && benches/peers/monitor.sh

wheel: setup-all ## the Python wheel, into dist/
	@.ci/wheel.sh

npm: setup-all ## the npm package, into dist/
	@.ci/npm.sh

cdylib: setup ## header, shared and static library, pkg-config file, into dist/
	@viralnow-ffi/install.sh dist

bless: ## regenerates what is committed and generated: schema, header, types
	@.ci/bless.sh

clean: ## removes what builds made
	rm -rf target dist .venv viralnow-node/node_modules
