// Package testmodel reads real INT8 models as users' tools wrote them, with inputs and
// with what TensorFlow 2.21 made of these, for tests.
//
// It reads testdata/graphdefs of the repository and, if the environment variable
// TF2NG_MODELS names a directory of the same form, that one as well.
package testmodel

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// Model is an entry of an index.json.
type Model struct {
	Path    string   `json:"path"`
	Feeds   []string `json:"feeds"`
	Fetches []string `json:"fetches"`
	// Images, if there, says that inputs are recorded as bytes: x = (byte - Subtract[channel]) / Divide.
	Images *struct {
		Subtract []float32 `json:"subtract"`
		Divide   float32   `json:"divide"`
	} `json:"images"`

	dir string
}

// Load returns the models, each once; those of TF2NG_MODELS replace the repository's.
func Load(t testing.TB) []Model {
	t.Helper()
	var all []Model
	at := map[string]int{} // in all, by path
	for _, dir := range []string{Directory(t), os.Getenv("TF2NG_MODELS")} {
		if dir == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "index.json"))
		require.NoError(t, err)
		var index []Model
		require.NoError(t, json.Unmarshal(data, &index))
		for _, m := range index {
			m.dir = dir
			if i, ok := at[m.Path]; ok {
				all[i] = m
				continue
			}
			at[m.Path] = len(all)
			all = append(all, m)
		}
	}
	require.NotEmpty(t, all, "no models")
	return all
}

// Directory returns testdata/graphdefs.
func Directory(t testing.TB) string {
	t.Helper()
	root, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(root, "testdata", "graphdefs")
		}
		require.NotEqual(t, root, filepath.Dir(root), "the tests run outside the module")
		root = filepath.Dir(root)
	}
}

// Name is the name of the file without its ending.
func (m Model) Name() string { return strings.TrimSuffix(m.Path, ".pb") }

// File is the path of the GraphDef.
func (m Model) File() string { return filepath.Join(m.dir, m.Path) }

// Digits reports whether the model classifies digits: those are small enough for the reference.
func (m Model) Digits() bool { return strings.HasPrefix(m.Path, "digits") }

// Batch returns an input of n images and TensorFlow's output for it.
func (m Model) Batch(t testing.TB, n int) (x, y *core.Tensor) {
	t.Helper()
	file := filepath.Join(m.dir, m.Name()+".tf221.npz")
	if m.Images == nil {
		return Array(t, file, "x"+strconv.Itoa(n)), Array(t, file, "y"+strconv.Itoa(n))
	}
	return repeat(t, m.floats(t, Array(t, file, "images")), n), repeat(t, Array(t, file, "y"), n)
}

// Held returns the 500 digits that no model was trained on, their labels, and TensorFlow's
// output for them in one batch.
func (m Model) Held(t testing.TB) (x *core.Tensor, labels []int64, y *core.Tensor) {
	t.Helper()
	data := filepath.Join(Directory(t), "digits_data.npz")
	return Array(t, data, "xv"), Array(t, data, "yv").Int64s(), Array(t, filepath.Join(m.dir, "digits_y500.tf221.npz"),
		m.Name())
}

// floats returns what the model takes for images of bytes.
func (m Model) floats(t testing.TB, images *core.Tensor) *core.Tensor {
	x, err := core.NewTensor(core.F32, images.Shape())
	require.NoError(t, err)
	to := core.Data[float32](x)
	for i, b := range core.Data[uint8](images) {
		v := float32(b)
		if s := m.Images.Subtract; s != nil {
			v -= s[i%len(s)]
		}
		to[i] = v / m.Images.Divide
	}
	return x
}

// repeat returns n rows of a tensor, from its beginning again where it ends.
func repeat(t testing.TB, rows *core.Tensor, n int) *core.Tensor {
	shape := rows.Shape().Clone()
	shape[0] = n
	out, err := core.NewTensor(rows.Type(), shape)
	require.NoError(t, err)
	for to := out.Bytes(); len(to) > 0; {
		to = to[copy(to, rows.Bytes()):]
	}
	return out
}

// Array reads an array of an .npz file. Strings are recorded as their bytes, NAME.bytes, and where each ends,
// NAME.ends.
func Array(t testing.TB, file, name string) *core.Tensor {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	archive, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	read := func(name string) *core.Tensor {
		a, err := archive.Read(name)
		require.NoError(t, err, file)
		return a
	}
	if !slices.Contains(archive.Names(), name+".ends") {
		return read(name)
	}
	return testgolden.Strings(t, read(name+".bytes"), read(name+".ends"))
}
