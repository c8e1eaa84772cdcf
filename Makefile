# The commands of tf2ng. `make demo` and `make test` need Go alone.
GO       ?= go
GOFUMPT  := mvdan.cc/gofumpt@v0.9.2
STATIC   := honnef.co/go/tools/cmd/staticcheck@v0.7.0
DATA     := testdata/graphdefs
MODEL    := digits_mix_lpot16_tf25
FUZZTIME ?= 5s

export CGO_ENABLED ?= 0

.PHONY: demo test check build generate bench lint purego cross race fuzz asm tidy

build:
	$(GO) build -trimpath -o bin/tf2ng ./cmd/tf2ng

# demo converts a real INT8 TensorFlow model, runs it on 500 held-out digits and
# compares the result with what TensorFlow 2.21 computed.
demo: build
	@echo '== convert $(MODEL).pb: a digit classifier that lpot 1.6 quantized to INT8'
	bin/tf2ng convert $(DATA)/$(MODEL).pb -o bin/$(MODEL).ng
	@echo '== run 500 held-out digits (TensorFlow gets 0.986)'
	bin/tf2ng run bin/$(MODEL).ng --threads 2 --input input=$(DATA)/digits_data.npz:xv --labels $(DATA)/digits_data.npz:yv
	@echo '== compare with what TensorFlow 2.21 computed for the same digits'
	bin/tf2ng diff bin/$(MODEL).ng --threads 2 --input input=$(DATA)/digits_data.npz:xv --expect Identity:0=$(DATA)/digits_y500.tf221.npz:$(MODEL)

test:
	$(GO) test ./...

# check is all that must hold of a change beside `make test`.
check: lint cross asm purego race fuzz

lint:
	@test -z "$$($(GO) run $(GOFUMPT) -l . | tee /dev/stderr)"
	$(GO) vet ./...
	GOARCH=arm64 $(GO) vet ./...
	$(GO) run $(STATIC) ./...

# purego: the portable kernels alone; v3: the compiler may fuse x*y+z.
purego:
	$(GO) test -tags purego ./...
	@if grep -q fma /proc/cpuinfo 2>/dev/null && grep -q avx2 /proc/cpuinfo; then GOAMD64=v3 $(GO) test ./core/... ./kernels/... ./bridge/...; \
	else echo 'NOT RUN: GOAMD64=v3, the CPU lacks it'; fi

cross:
	GOOS=linux GOARCH=arm64 $(GO) build ./...
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=windows GOARCH=amd64 $(GO) build ./...

# asm: the committed assembly is what its generators write, and the AVX-512 kernels,
# executed instruction by instruction, pass the tests of their packages.
asm:
	cd kernels/_asm && $(GO) test -count=1 ./...

generate:
	$(GO) generate ./...

race:
	CGO_ENABLED=1 $(GO) test -race ./kernels .

fuzz:
	$(GO) test -run '^$$' -fuzz '^FuzzParse$$' -fuzztime $(FUZZTIME) ./bridge/tf/graphdef
	$(GO) test -run '^$$' -fuzz '^FuzzRead$$' -fuzztime $(FUZZTIME) ./core/ngfile

bench:
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./kernels/...
