package emit

import (
	"bytes"
	"flag"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Main is the body of a generator's main function, which runs in the module's directory.
func Main(f Family) {
	dir := flag.String("dir", filepath.Join("..", "internal", f.Name), "directory of the package")
	overlay := flag.String("simulate", "", "write an overlay that executes the assembly in plain Go into this directory")
	flag.Parse()
	write := func() error { return f.Write(*dir) }
	if *overlay != "" {
		write = func() error { return f.Simulate(absolute(*overlay), absolute(*dir), absolute("sim")) }
	}
	if err := write(); err != nil {
		log.Fatal(err)
	}
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		log.Fatal(err)
	}
	return abs
}

// Test checks, from a test in a generator's directory, that the committed files are what the
// generator writes, and runs the tests of the family's package with every routine executed in
// plain Go, whatever the CPU.
func Test(t *testing.T, f Family) {
	dir := absolute(filepath.Join("..", "..", "internal", f.Name))
	t.Run("generated", func(t *testing.T) { f.testGenerated(t, dir) })
	t.Run("simulated", func(t *testing.T) {
		out := t.TempDir()
		if err := f.Simulate(out, dir, absolute(filepath.Join("..", "sim"))); err != nil {
			t.Fatal(err)
		}
		// Vet would find a machine's addresses, which are numbers, suspicious.
		cmd := exec.Command("go", "test", "-count=1", "-vet=off", "-overlay", filepath.Join(out, "overlay.json"), ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOARCH=amd64", "TF2NG_REQUIRE_ISA=avx2,avxvnni,avx512vnni,avx512bf16,amx")
		text, err := cmd.CombinedOutput()
		t.Logf("%s", text)
		if err != nil {
			t.Fatal(err)
		}
	})
}

func (f *Family) testGenerated(t *testing.T, dir string) {
	fresh := filepath.Join(t.TempDir(), f.Name) // the files name their directory
	if err := os.Mkdir(fresh, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(fresh); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		want, err := os.ReadFile(filepath.Join(fresh, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s differs from its generator: run go generate ./kernels/internal/%s", file.Name(), f.Name)
		}
	}
}
