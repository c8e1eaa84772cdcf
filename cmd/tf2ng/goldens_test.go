package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/npy"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// TestBenchAndInspectRunWhatRuns measures and lists recorded graphs of every twelfth op, on every
// engine, with the inputs that were recorded.
func TestBenchAndInspectRunWhatRuns(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range testgolden.Load(t) {
		op := c.Node(t).Op
		if seen[op] {
			continue
		}
		seen[op] = true
		if len(seen)%12 != 0 {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			path, values, shapes := recorded(t, c)
			for _, engine := range []string{"kernels", "portable", "reference"} {
				few := append([]string{"bench", path, "--engine", engine, "--runs", "1", "--min-time", "1ns"}, values...)
				code, out, errs := program(few...)
				require.Zero(t, code, errs)
				assert.Contains(t, out, "median")
				code, out, errs = program(append(few, "--json", "--nodes")...)
				require.Zero(t, code, errs)
				assert.True(t, json.Valid([]byte(out)), out)
				code, out, errs = program(append([]string{"inspect", path, "--kernels", "--engine", engine}, shapes...)...)
				require.Zero(t, code, errs)
				assert.Contains(t, out, "instructions, peak memory")
			}
		})
	}
}

// recorded returns a case's graph, and its inputs as arguments: their values, and their shapes.
func recorded(t *testing.T, c *testgolden.Case) (path string, values, shapes []string) {
	t.Helper()
	var arrays []npy.Array
	file := filepath.Join(t.TempDir(), "feeds.npz")
	for _, f := range c.Feeds {
		x := c.Tensors[f.NPZ]
		arrays = append(arrays, npy.Array{Name: f.NPZ, Tensor: x})
		values = append(values, "--input", f.Tensor+"="+file+":"+f.NPZ)
		shapes = append(shapes, "--input", f.Tensor+":"+x.Shape().String())
	}
	w, err := os.Create(file)
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, npy.Writer{BFloat16: true}.WriteArchive(w, arrays))
	return filepath.Join(c.Dir, c.PB), values, shapes
}
