// Package testgolden reads what real TensorFlow computed for one-op graphs, for tests:
// the cases of an index.json, each with its graph (.pb), its inputs and outputs (.npz).
//
// It reads testdata/goldens of the repository and, if the environment variable
// TF2NG_GOLDENS names a directory of the same form, that one as well; and the graphs on
// which this program and TensorFlow once differed, of testdata/cases and TF2NG_CASES.
package testgolden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// Case is one graph with TensorFlow's inputs and outputs.
type Case struct {
	ID      string         `json:"id"`
	Group   string         `json:"group"`
	Op      string         `json:"op"`
	Attrs   map[string]any `json:"attrs"`
	Feeds   []Edge         `json:"feeds"`
	Fetches []Edge         `json:"fetches"`
	PB      string         `json:"pb"`
	NPZ     string         `json:"npz"`
	Refused bool           `json:"expected_error"` // TensorFlow gives an error; there are no outputs
	Error   string         `json:"error"`          // the error

	Dir     string                  `json:"-"`
	Graph   *graphdef.Graph         `json:"-"`
	Tensors map[string]*core.Tensor `json:"-"` // the arrays of the npz, by their names there
}

// Edge is a tensor that is fed or fetched.
type Edge struct {
	Tensor string `json:"tensor"` // "op:0"
	NPZ    string `json:"npz"`    // its name in the npz
	DType  string `json:"dtype"`  // TensorFlow's type
}

// Load returns the cases of the groups for which TensorFlow has outputs, or all without
// groups; at least one of each group must be there.
func Load(t testing.TB, groups ...string) []*Case {
	t.Helper()
	return load(t, false, groups)
}

// LoadRefused returns the cases that TensorFlow refuses.
func LoadRefused(t testing.TB) []*Case {
	t.Helper()
	return load(t, true, nil)
}

func load(t testing.TB, refused bool, groups []string) []*Case {
	t.Helper()
	var cases []*Case
	for _, dir := range testdata(t, "goldens", "TF2NG_GOLDENS") {
		data, err := os.ReadFile(filepath.Join(dir, "index.json"))
		require.NoError(t, err)
		var index struct {
			Cases []*Case `json:"cases"`
		}
		require.NoError(t, json.Unmarshal(data, &index))
		for _, c := range index.Cases {
			if c.Refused == refused && (len(groups) == 0 || slices.Contains(groups, c.Group)) {
				c.Dir = dir
				c.load(t)
				cases = append(cases, c)
			}
		}
	}
	for _, g := range groups {
		require.True(t, slices.ContainsFunc(cases, func(c *Case) bool {
			return c.Group == g
		}), "no golden of group %s", g)
	}
	return cases
}

// testdata returns a directory of the repository's testdata, and the one that an
// environment variable names, if it does.
func testdata(t testing.TB, name, variable string) []string {
	root, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		require.NotEqual(t, root, filepath.Dir(root), "the tests run outside the module")
		root = filepath.Dir(root)
	}
	dirs := []string{filepath.Join(root, "testdata", name)}
	if more := os.Getenv(variable); more != "" {
		dirs = append(dirs, more)
	}
	return dirs
}

func (c *Case) load(t testing.TB) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(c.Dir, c.PB))
	require.NoError(t, err)
	c.Graph, err = graphdef.Parse(data, graphdef.Limits{})
	require.NoError(t, err, c.ID)
	types := map[string]string{}
	for _, e := range slices.Concat(c.Feeds, c.Fetches) {
		types[e.NPZ] = e.DType
	}
	c.Tensors = arraysOf(t, filepath.Join(c.Dir, c.NPZ), types)
}

// arraysOf returns the arrays of an npz; types are TensorFlow's where the array's own
// does not tell.
func arraysOf(t testing.TB, path string, types map[string]string) map[string]*core.Tensor {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	archive, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err, path)
	arrays := map[string]*core.Tensor{}
	for _, name := range archive.Names() {
		arrays[name] = readArray(t, archive, name, types[name])
	}
	for name, ends := range arrays {
		if of, ok := strings.CutSuffix(name, ".ends"); ok {
			arrays[of] = Strings(t, arrays[of+".bytes"], ends)
		}
	}
	return arrays
}

// Strings returns the strings of which the bytes are recorded, and where each ends.
func Strings(t testing.TB, data, ends *core.Tensor) *core.Tensor {
	t.Helper()
	list, first := []string{}, int64(0)
	for _, end := range ends.Int64s() {
		list = append(list, string(data.Bytes()[first:end]))
		first = end
	}
	x, err := core.StringTensor(ends.Shape(), list)
	require.NoError(t, err)
	return x
}

// readArray reads one array; bfloat16 and half are stored as their uint16 bits.
func readArray(t testing.TB, arrays *npy.Archive, name, dtype string) *core.Tensor {
	t.Helper()
	tensor, err := arrays.Read(name)
	require.NoError(t, err, name)
	if typ, ok := map[string]core.Type{"bfloat16": core.BF16, "half": core.F16}[dtype]; ok {
		tensor, err = core.TensorOver(typ, tensor.Shape(), tensor.Bytes())
		require.NoError(t, err, name)
	}
	return tensor
}

var types = map[graphdef.DataType]core.Type{
	graphdef.Float: core.F32, graphdef.Double: core.F64, graphdef.Bfloat16: core.BF16, graphdef.Half: core.F16,
	graphdef.Complex64: core.C64, graphdef.Complex128: core.C128,
	graphdef.Bool: core.Bool, graphdef.Int8: core.I8, graphdef.Uint8: core.U8, graphdef.Int16: core.I16,
	graphdef.Uint16: core.U16,
	graphdef.Int32:  core.I32, graphdef.Int64: core.I64, graphdef.Qint8: core.I8, graphdef.Quint8: core.U8,
	graphdef.Qint16: core.I16, graphdef.Quint16: core.U16, graphdef.Qint32: core.I32,
}

// Node returns the node that the case is about: the one of the first fetch.
func (c *Case) Node(t testing.TB) *graphdef.Node {
	t.Helper()
	n, ok := c.Graph.Lookup(nodeOf(c.Fetches[0].Tensor))
	require.True(t, ok, c.ID)
	return n
}

func nodeOf(tensor string) string {
	for i, r := range tensor {
		if r == ':' {
			return tensor[:i]
		}
	}
	return tensor
}

// Inputs returns the node's inputs, fed or constant.
func (c *Case) Inputs(t testing.TB) []*core.Tensor {
	t.Helper()
	var in []*core.Tensor
	for _, i := range c.Node(t).DataInputs() {
		in = append(in, c.value(t, i))
	}
	return in
}

func (c *Case) value(t testing.TB, in graphdef.Input) *core.Tensor {
	t.Helper()
	for _, f := range c.Feeds {
		if f.Tensor == fmt.Sprintf("%s:%d", in.Node, in.Port) {
			return c.Tensors[f.NPZ]
		}
	}
	n := c.Graph.Producer(in)
	require.Equal(t, "Const", n.Op, "%s: input %s", c.ID, in)
	v, err := n.Tensor("value")
	require.NoError(t, err)
	data, err := v.Bytes()
	require.NoError(t, err)
	shape := core.Shape{}
	for _, d := range v.Shape {
		shape = append(shape, int(d))
	}
	tensor, err := core.TensorOver(types[v.Type], shape, data)
	require.NoError(t, err)
	return tensor
}

// Type returns the element type that an attribute names.
func (c *Case) Type(t testing.TB, attr string) core.Type {
	t.Helper()
	v, err := c.Node(t).Type(attr)
	require.NoError(t, err, c.ID)
	require.NotZero(t, types[v], "%s: %v", c.ID, v)
	return types[v]
}

// Want returns what TensorFlow 2.21 fetched, in order.
func (c *Case) Want() []*core.Tensor {
	var out []*core.Tensor
	for _, f := range c.Fetches {
		out = append(out, c.Tensors[f.NPZ])
	}
	return out
}

// RequireEqual fails unless got is want: reals within some units in the last place of
// the larger, everything else exactly.
func RequireEqual(t testing.TB, want, got *core.Tensor, ulps float64, what string) {
	t.Helper()
	require.NotNil(t, got, what)
	require.Equal(t, want.Fact().String(), got.Fact().String(), what)
	if want.Type() != core.F32 {
		if slices.Equal(want.Bytes(), got.Bytes()) {
			return
		}
		w, g := want.Float64s(), got.Float64s()
		for i := range w {
			require.Equal(t, w[i], g[i], "%s: element %d of %v", what, i, want)
		}
		t.Fatalf("%s: bytes differ", what)
	}
	w, g := core.Data[float32](want), core.Data[float32](got)
	for i := range w {
		unit := math.Abs(float64(w[i])) * 0x1p-23
		const flushed = 0x1p-126 // TensorFlow flushes what is smaller to 0
		if d := math.Abs(float64(w[i]) - float64(g[i])); w[i] != g[i] && !(d <= max(ulps*unit, flushed)) &&
			!(w[i] != w[i] && g[i] != g[i]) {
			t.Fatalf("%s: element %d of %v: got %v, want %v", what, i, want, g[i], w[i])
		}
	}
}
