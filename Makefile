# The commands of tf2ng. `make demo` and `make test` are all the set-up there is: they need Go alone.
SHELL    := /bin/bash -o pipefail
GO       ?= go
GOFUMPT  := mvdan.cc/gofumpt@v0.9.2
STATIC   := honnef.co/go/tools/cmd/staticcheck@v0.7.0
DATA     := testdata/graphdefs
MODEL    := digits_mix_lpot16_tf25
# A number of inputs: a time makes go test fail now and then, when it ends amid an input.
FUZZTIME ?= 50000x
# The graphs of make fuzz-tensorflow.
CASES    ?= 500
PYTHON   ?= python3
VENV     ?= bin/tensorflow
ONNXVENV ?= bin/onnx
# Where make bench-peers keeps its environments, models and results; the directories of INT8 models that it measures.
PEERS_DIR    ?= bin/peers
PEERS_MODELS ?= testdata/graphdefs
# CHECKS are the stages of make check, in turn.
CHECKS   := format lint stubs asm purego v3 arm64 race cross large fuzz
# SUMMARY prints go test's closing lines, what failed, and what this machine could not run.
SUMMARY  := $(GO) run ./internal/testsummary

export CGO_ENABLED ?= 0

.PHONY: help build demo test check $(CHECKS) generate goldens fuzz-tensorflow test-tensorflow tensorflow onnx test-onnx test-serving serving-clients soak picture bench bench-peers bench-peers-prepare bench-peers-run bench-peers-table

help: ## list the commands
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 17

build: ## build bin/tf2ng
	$(GO) build -trimpath -ldflags=-w -o bin/tf2ng ./cmd/tf2ng

demo: build ## convert, run and check a real INT8 model
	@echo
	@echo '== 1. Convert $(MODEL).pb, a classifier of digits that LPOT 1.6 quantized to INT8 for TensorFlow 2.5'
	bin/tf2ng convert $(DATA)/$(MODEL).pb -o bin/$(MODEL).ng
	@echo
	@echo '== 2. Run it on 500 digits that it was not trained on; TensorFlow gets 0.986 of them right'
	bin/tf2ng run bin/$(MODEL).ng --threads 2 --input input=$(DATA)/digits_data.npz:xv --labels $(DATA)/digits_data.npz:yv
	@echo
	@echo '== 3. Compare the probabilities with what TensorFlow 2.21 computed for the same digits'
	bin/tf2ng diff bin/$(MODEL).ng --threads 2 --input input=$(DATA)/digits_data.npz:xv --expect Identity:0=$(DATA)/digits_y500.tf221.npz:$(MODEL)
	@echo
	@echo 'Next: bin/tf2ng inspect $(DATA)/$(MODEL).pb --kernels; bin/tf2ng --help'

test: ## run all tests
	$(GO) test -timeout 20m -json ./... | $(SUMMARY)

check: ## all else that must hold of a change
	@MAKE='$(MAKE)' .ci/stages $(CHECKS)
	@echo '== check: all fine'

format:
	@echo '== gofumpt: no file differs from its formatting'
	@files=$$($(GO) run $(GOFUMPT) -l .) && if [ -n "$$files" ]; then echo "$$files"; exit 1; fi

lint:
	@echo '== go vet for amd64 and arm64, and staticcheck (staticcheck.conf)'
	GOARCH=amd64 $(GO) vet ./...
	GOARCH=arm64 $(GO) vet ./...
	$(GO) vet -tags python ./internal/livetest
	$(GO) run $(STATIC) ./...

stubs:
	@echo '== the stubs of gRPC services are what protoc-gen-go-grpc makes of the messages'
	$(GO) run ./scripts/serving/stubs -check

asm:
	@echo '== the committed assembly is what its generators write; its AVX-512 routines, executed in plain Go, pass their tests'
	$(GO) -C kernels/_asm vet ./...
	$(GO) -C kernels/_asm test -count=1 ./...

purego:
	@echo '== the tests without assembly'
	$(GO) test -timeout 20m -json -tags purego ./... | $(SUMMARY)

v3:
	@echo '== the tests where the compiler may fuse x*y+z (GOAMD64=v3)'
	@if grep -q '\bfma\b' /proc/cpuinfo && grep -q '\bavx2\b' /proc/cpuinfo; then GOAMD64=v3 $(GO) test -json ./core/... ./internal/transcendental ./kernels/... ./bridge/... . | $(SUMMARY); \
		else echo 'NOT RUN: GOAMD64=v3, the CPU lacks it'; fi

arm64:
	@echo '== the tests of core and kernels, and small models, on linux/arm64, emulated'
	@if qemu=$$(command -v qemu-aarch64 || command -v qemu-aarch64-static); then \
		test="env GOOS=linux GOARCH=arm64 TF2NG_REQUIRE_ISA=neondot $(GO) test -exec $$qemu -timeout 60m -json"; \
		$$test ./core/... ./internal/transcendental ./kernels/... | $(SUMMARY) && \
		$$test -run '^TestModelsEqualTensorFlow$$/^digits' . | $(SUMMARY); \
		else echo 'NOT RUN: linux/arm64 tests, there is no qemu-aarch64 (Debian: qemu-user)'; fi

race:
	@echo '== the race detector on what goroutines share'
	@if command -v gcc >/dev/null || command -v clang >/dev/null; then \
		CGO_ENABLED=1 $(GO) test -race -json -run '^Test(Concurrent|OneResult|Results|Cancelled|Close|Panic|Prepare)' . | $(SUMMARY) && \
		CGO_ENABLED=1 $(GO) test -race -timeout 20m -skip '^Test(Float)?Convolutions$$' -json ./kernels ./kernels/internal/machine ./kernels/internal/share ./internal/ngfile ./bridge/tf/graphdef ./examples/... ./serving/... | $(SUMMARY); \
		else echo 'NOT RUN: the race detector, there is no C compiler'; fi

cross:
	@echo '== builds for other systems'
	GOOS=linux GOARCH=arm64 $(GO) build ./...
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=windows GOARCH=amd64 $(GO) build ./...

large:
	@echo '== a model of more than 2 GiB as ONNX'
	TF2NG_LARGE_FILES=1 $(GO) test -count=1 -run '^TestBeyondTwoGiB$$' ./export/onnx

fuzz:
	@echo '== $(FUZZTIME) inputs to each fuzz target'
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do \
		for target in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' $$file); do \
			echo "$$file $$target"; \
			log=$$($(GO) test $$(dirname $$file) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x 2>&1) || { echo "$$log"; exit 1; }; \
			echo "$$log" | tail -n 1; \
		done; done

generate: ## write the generated assembly and docs again
	$(GO) generate ./...

tensorflow:
	@test -f $(VENV)/complete || \
		{ $(PYTHON) -m venv $(VENV) && $(VENV)/bin/pip install -q -r scripts/goldens/requirements.txt && touch $(VENV)/complete; }

onnx:
	@test -f $(ONNXVENV)/complete || \
		{ $(PYTHON) -m venv $(ONNXVENV) && $(ONNXVENV)/bin/pip install -q -r scripts/onnx/requirements.txt && touch $(ONNXVENV)/complete; }

test-onnx: onnx ## give the ONNX models that tf2ng writes to onnx.checker, ONNX Runtime, OpenVINO and netron (needs Python 3.11 to 3.13)
	$(GO) build -o bin/onnx-nodes ./scripts/onnx/nodes
	$(ONNXVENV)/bin/python scripts/onnx $(ONNX)

goldens: tensorflow ## record again what TensorFlow computes for the ops of testdata/goldens (needs Python 3.11 to 3.13)
	$(VENV)/bin/python scripts/goldens $(GOLDENS)
	$(VENV)/bin/python scripts/goldens/kernel_types.py

fuzz-tensorflow: build tensorflow ## run random quantized graphs beside TensorFlow, and tell what differs (needs Python 3.11 to 3.13)
	$(VENV)/bin/python scripts/fuzz --cases $(CASES) $(FUZZ)

serving-clients: tensorflow
	@test -f $(VENV)/serving || { $(VENV)/bin/pip install -q --no-deps -r scripts/serving/requirements.txt && touch $(VENV)/serving; }

test-serving: build serving-clients ## ask tf2ng serve with TensorFlow Serving's own clients (needs Python 3.11 to 3.13)
	timeout 360 $(VENV)/bin/python scripts/serving/clients.py bin/tf2ng

soak: ## send 100,000 requests to a server whose versions are swapped under them
	TF2NG_LOAD=100000 $(GO) test -count=1 -timeout 20m -run '^TestLoad$$' -v ./serving/tfgrpc

test-tensorflow: tensorflow ## run the tests that need TensorFlow: every node of every model beside it (needs Python 3.11 to 3.13)
	@tf=$$($(VENV)/bin/python -c 'import importlib.util as u, os; print(os.path.dirname(u.find_spec("tensorflow").origin))') && \
	mkdir -p bin/libtensorflow && ln -sf $$tf/libtensorflow_cc.so.2 bin/libtensorflow/libtensorflow.so && \
	ln -sf $$tf/libtensorflow_framework.so.2 bin/libtensorflow/libtensorflow_framework.so && \
	export TF2NG_PYTHON='$(abspath $(VENV))/bin/python' TF_ENABLE_ONEDNN_OPTS=1 && \
	if command -v gcc >/dev/null || command -v clang >/dev/null; then \
		CGO_ENABLED=1 CGO_CFLAGS="-I$$tf/include" CGO_LDFLAGS="-L$(abspath bin/libtensorflow) -ltensorflow_framework" LD_LIBRARY_PATH=$$tf \
			$(GO) test -count=1 -tags 'python tensorflow' -json ./internal/livetest | $(SUMMARY); \
	else echo 'NOT RUN: TensorFlow in process (bridge/tf/live), there is no C compiler'; \
		$(GO) test -count=1 -tags python -json ./internal/livetest | $(SUMMARY); fi

picture: build ## draw docs/diff-report.png again: the page of tf2ng diff --html, in Chromium
	bin/tf2ng diff $(DATA)/digits_cnn_nc26_tf215.pb --against testdata/recordings/digits_cnn_nc26_tf215 --nodes --tf-version 2.8 \
		--html bin/report.html >bin/report.txt; test $$? = 1
	$(GO) run ./scripts/picture bin/report.html docs/diff-report.png

bench: ## measure the kernels; compare two runs with benchstat
	$(GO) test -run '^$$' -bench . -benchtime 200ms -count 6 ./kernels/...

bench-peers: bench-peers-prepare bench-peers-run bench-peers-table ## measure tf2ng beside other runtimes, for docs/PERFORMANCE.md; on an idle machine (needs Python 3.11 to 3.13)

bench-peers-prepare: build
	$(GO) build -o bin/speed ./scripts/speed
	bin/speed prepare --dir '$(PEERS_DIR)' $(addprefix --models ,$(PEERS_MODELS)) --python '$(PYTHON)'

bench-peers-run:
	bin/speed run --dir '$(PEERS_DIR)' $(PEERS)

bench-peers-table:
	bin/speed publish --dir '$(PEERS_DIR)'
	$(GO) generate ./internal/docs
