package tf2ng_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// report is one run of a case.json: a model, what is fed and what TensorFlow gave.
type report struct {
	Model     string            `json:"model"`
	Feeds     map[string]string `json:"feeds"`     // a tensor's name -> "feeds.npz:array"
	Expect    map[string]string `json:"expect"`    // the same; floats within 1e-4, integers equal
	Refused   string            `json:"refused"`   // the error of Load, if there is one; nothing is computed
	Set       map[string]any    `json:"set"`       // not supported
	Signature string            `json:"signature"` // not supported
}

// TestReports runs the situations that users reported, on every engine. TF2NG_REPORTS names a
// directory of more.
func TestReports(t *testing.T) {
	roots := []string{"testdata/cases/reports"}
	if more := os.Getenv("TF2NG_REPORTS"); more != "" {
		roots = append(roots, more)
	}
	for _, root := range roots {
		paths, err := filepath.Glob(filepath.Join(root, "*", "case.json"))
		require.NoError(t, err)
		require.NotEmpty(t, paths, "%s holds no NAME/case.json", root)
		for _, path := range paths {
			var c struct {
				Runs []report `json:"runs"`
			}
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(data, &c), path)
			dir := filepath.Dir(path)
			for _, r := range c.Runs {
				feeds := strings.Join(slices.Sorted(maps.Keys(r.Feeds)), ",")
				t.Run(filepath.Base(dir)+"/"+r.Model+"/"+feeds, func(t *testing.T) { r.run(t, dir) })
			}
		}
	}
}

// run loads the model with what is fed as its inputs and compares what it computes.
func (r *report) run(t *testing.T, dir string) {
	if r.Set != nil || r.Signature != "" {
		t.Skip("sets a placeholder or runs a signature, which is not supported")
	}
	load := []tf2ng.Option{tf2ng.WithOutputs(slices.Sorted(maps.Keys(r.Expect))...)}
	inputs := map[string]*tf2ng.Tensor{}
	for name, at := range r.Feeds {
		inputs[name] = arrayAt(t, dir, at)
		load = append(load, tf2ng.WithInputs(tf2ng.InputSpec{Name: name}))
	}
	path := filepath.Join(dir, r.Model)
	for engine, opts := range engineOptions() {
		m, err := tf2ng.Load(path, append(slices.Clone(load), opts...)...)
		if r.Refused != "" {
			require.EqualError(t, err, path+": "+r.Refused, engine)
			continue
		}
		require.NoError(t, err, engine)
		got, err := m.Run(context.Background(), inputs)
		require.NoError(t, err, engine)
		var pairs []compare.Pair
		for name, at := range r.Expect {
			pairs = append(pairs, compare.Pair{Name: name, Got: output(got, name), Want: arrayAt(t, dir, at)})
		}
		result := compare.Compare(pairs, compare.Tolerance{Absolute: 1e-4, Relative: 1e-4})
		var text strings.Builder
		require.NoError(t, result.WriteText(&text))
		assert.True(t, result.Pass, "%s: %s", engine, &text)
		require.NoError(t, m.Close())
	}
}

// output returns the result of a name with or without its port.
func output(results map[string]*tf2ng.Tensor, name string) *tf2ng.Tensor {
	if x := results[name]; x != nil {
		return x
	}
	return results[name+":0"]
}

// arrayAt reads "FILE.npz:ARRAY" of a directory.
func arrayAt(t *testing.T, dir, at string) *tf2ng.Tensor {
	t.Helper()
	file, name, ok := strings.Cut(at, ":")
	require.True(t, ok, "%s: got %q, want FILE:ARRAY", dir, at)
	f, err := os.Open(filepath.Join(dir, file))
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	z, err := npy.OpenArchive(f, info.Size())
	require.NoError(t, err)
	x, err := z.Read(name)
	require.NoError(t, err, at)
	return x
}
