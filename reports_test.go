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
	Set       map[string]any    `json:"set"`       // the values of placeholders
	Signature string            `json:"signature"` // of a SavedModel, if its own default is not meant
	Fails     string            `json:"fails"`     // "load" or "run": where there is an error
	Because   string            `json:"because"`   // what the error is about
}

// TestReports runs the situations that users reported, on every engine. TF2NG_REPORTS names a
// directory of more.
func TestReports(t *testing.T) { eachReport(t, "testdata/cases/reports", "TF2NG_REPORTS") }

// eachReport runs the cases of a directory, and of that which a variable names.
func eachReport(t *testing.T, dir, more string) {
	roots := []string{dir}
	if more := os.Getenv(more); more != "" {
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

// loadOptions are those of the run's graph.
func (r *report) loadOptions(t *testing.T) []tf2ng.Option {
	load := []tf2ng.Option{
		tf2ng.WithOutputs(slices.Sorted(maps.Keys(r.Expect))...), tf2ng.WithTFVersion("2.21"),
	}
	if r.Signature != "" {
		load = append(load, tf2ng.WithSignature(r.Signature))
	}
	for name, value := range r.Set {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		load = append(load, tf2ng.WithConstantText(name, string(text)))
	}
	for name := range r.Feeds {
		load = append(load, tf2ng.WithInputs(tf2ng.InputSpec{Name: name}))
	}
	return load
}

// run loads the model with what is fed as its inputs and compares what it computes.
func (r *report) run(t *testing.T, dir string) {
	if r.Fails != "" {
		r.fail(t, dir)
		return
	}
	load := r.loadOptions(t)
	inputs := map[string]*tf2ng.Tensor{}
	for name, at := range r.Feeds {
		inputs[name] = arrayAt(t, dir, at)
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
