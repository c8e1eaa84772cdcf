package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// TestGenerated: the committed files are what the generator writes.
func TestGenerated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gemm")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := emit.Family(dir, "gemm", fields, routines()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		want, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../internal/gemm", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(got) {
			t.Errorf("%s differs from its generator: run go generate ./kernels/internal/gemm", f.Name())
		}
	}
}

// TestSimulated runs the tests of kernels/internal/gemm with every routine executed in plain Go,
// AVX-512 ones too, whatever the CPU.
func TestSimulated(t *testing.T) {
	out := t.TempDir()
	if err := emit.Simulate(out, "../../internal/gemm", "gemm", "../sim/machine.go", fields, routines()); err != nil {
		t.Fatal(err)
	}
	// Vet would find a machine's addresses, which are numbers, suspicious.
	cmd := exec.Command("go", "test", "-count=1", "-vet=off", "-overlay", filepath.Join(out, "overlay.json"), ".")
	cmd.Dir = "../../internal/gemm"
	cmd.Env = append(os.Environ(), "GOARCH=amd64", "TF2NG_REQUIRE_ISA=avx2,avx512vnni")
	text, err := cmd.CombinedOutput()
	t.Logf("%s", text)
	if err != nil {
		t.Fatal(err)
	}
}
