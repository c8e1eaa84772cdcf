package emit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
)

// Stale returns the names of the generated files of the package in dir that are not
// what Family writes.
func Stale(dir, pkg string, fields []Field, routines []Routine) ([]string, error) {
	tmp, err := os.MkdirTemp("", "emit")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	fresh := filepath.Join(tmp, pkg)
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return nil, err
	}
	if err := Family(fresh, pkg, fields, routines); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(fresh)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, f := range files {
		want, err := os.ReadFile(filepath.Join(fresh, f.Name()))
		if err != nil {
			return nil, err
		}
		got, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil || !bytes.Equal(want, got) {
			stale = append(stale, f.Name())
		}
	}
	return stale, nil
}

// TestSimulated runs the tests of the package in dir with every routine executed in
// plain Go, AVX-512 ones too, whatever the CPU, and returns what they print.
func TestSimulated(dir, pkg, machine string, fields []Field, routines []Routine) ([]byte, error) {
	out, err := os.MkdirTemp("", "simulate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	if err := Simulate(out, dir, pkg, machine, fields, routines); err != nil {
		return nil, err
	}
	// Vet would find a machine's addresses, which are numbers, suspicious.
	cmd := exec.Command("go", "test", "-count=1", "-vet=off", "-overlay", filepath.Join(out, "overlay.json"), ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOARCH=amd64", "TF2NG_REQUIRE_ISA=avx2,avx512vnni")
	return cmd.CombinedOutput()
}
