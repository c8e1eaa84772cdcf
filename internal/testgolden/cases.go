package testgolden

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// Whose value a reported case expects.
const (
	RightTensorFlow = "TensorFlow's" // TensorFlow 2.21's, on a CPU with VNNI
	RightOurs       = "ours"         // the exact one: TensorFlow's is wrong
	RightUndefined  = "undefined"    // none: TensorFlow's depends on the CPU; ours is one on every engine
)

// Reported is a graph on which this program and TensorFlow 2.21 once differed: graph.pb,
// feeds.npz, expected.npz and case.json in a directory.
type Reported struct {
	Name    string            `json:"-"`
	Says    string            `json:"says"`
	Right   string            `json:"right"` // one of the three, maybe with a reason behind a colon
	Feeds   map[string]string `json:"feeds"` // "op:0" -> "feeds.npz:name"
	Fetches []string          `json:"fetches"`

	Path   string                  `json:"-"` // of graph.pb
	Graph  *graphdef.Graph         `json:"-"`
	Inputs map[string]*core.Tensor `json:"-"` // by the names of the placeholders
	Want   map[string]*core.Tensor `json:"-"` // by the names of the fetches; none if undefined
}

// LoadReported returns the cases of testdata/cases and, if the environment variable
// TF2NG_CASES names a directory of such directories, those as well.
func LoadReported(t testing.TB) []*Reported {
	t.Helper()
	var cases []*Reported
	for _, root := range testdata(t, "cases", "TF2NG_CASES") {
		paths, err := filepath.Glob(filepath.Join(root, "*", "case.json"))
		require.NoError(t, err)
		require.NotEmpty(t, paths, "%s holds no NAME/case.json", root)
		for _, p := range paths {
			cases = append(cases, readReported(t, filepath.Dir(p)))
		}
	}
	return cases
}

func readReported(t testing.TB, dir string) *Reported {
	t.Helper()
	c := &Reported{
		Name:   filepath.Base(dir),
		Path:   filepath.Join(dir, "graph.pb"),
		Inputs: map[string]*core.Tensor{},
		Want:   map[string]*core.Tensor{},
	}
	data, err := os.ReadFile(filepath.Join(dir, "case.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, c), dir)
	c.Right, _, _ = strings.Cut(c.Right, ":")
	require.Contains(t, []string{RightTensorFlow, RightOurs, RightUndefined}, c.Right, dir)
	data, err = os.ReadFile(c.Path)
	require.NoError(t, err)
	c.Graph, err = graphdef.Parse(data, graphdef.Limits{})
	require.NoError(t, err, dir)
	for tensor, at := range c.Feeds {
		file, array, ok := strings.Cut(at, ":")
		require.True(t, ok, "%s: feed %s: got %q, want FILE:ARRAY", dir, tensor, at)
		node := nodeOf(tensor)
		c.Inputs[node] = arraysOf(t, filepath.Join(dir, file), map[string]string{array: c.typeOf(node)})[array]
		require.NotNil(t, c.Inputs[node], "%s: feed %s: %s has no array %s", dir, tensor, file, array)
	}
	if c.Right != RightUndefined {
		c.Want = arraysOf(t, filepath.Join(dir, "expected.npz"), nil)
	}
	return c
}

// typeOf returns the type of a placeholder by TensorFlow's name.
func (c *Reported) typeOf(placeholder string) string {
	n, ok := c.Graph.Lookup(placeholder)
	if !ok {
		return ""
	}
	typ, err := n.Type("dtype")
	if err != nil {
		return ""
	}
	return typ.String()
}

// Difference returns how what was fetched of an op differs from what is wanted, or "":
// integers and ranges are equal, other reals within 2 units in the last place.
func Difference(op, fetch string, want, got *core.Tensor) string {
	if want.Fact().String() != got.Fact().String() {
		return fmt.Sprintf("%s: got %v, want %v", fetch, got.Fact(), want.Fact())
	}
	ulps := 2.0
	switch {
	case !want.Type().Part().IsFloat(), strings.HasPrefix(op, "RequantizationRange"),
		strings.Contains(op, "Quantize") && !strings.HasSuffix(fetch, ":0"):
		ulps = 0
	}
	if want.Type().IsComplex() || strings.Contains(op, "FFT") {
		return differenceOfSums(op, fetch, want, got)
	}
	w, g := want.Float64s(), got.Float64s()
	for i := range w {
		unit := float64(math.Nextafter32(float32(math.Abs(w[i])), math.MaxFloat32)) - math.Abs(w[i])
		allowed := ulps * unit
		if !want.Type().IsFloat() {
			allowed = 0
		}
		if w[i] != g[i] && !(w[i] != w[i] && g[i] != g[i]) && !(math.Abs(w[i]-g[i]) <= allowed) {
			return fmt.Sprintf("%s: element %d of %d: got %v, want %v", fetch, i, len(w), g[i], w[i])
		}
	}
	return ""
}

// differenceOfSums is Difference of complex numbers and of transforms. An element is a sum of terms that may cancel:
// it may be so far from what is wanted as 4 units in the last place of the complex number, or for a transform of its
// largest one.
func differenceOfSums(op, fetch string, want, got *core.Tensor) string {
	unit := 0x1p-21
	if want.Type().Part() == core.F64 {
		unit = 0x1p-50
	}
	w, g := want.Parts().Float64s(), got.Parts().Float64s()
	largest := 0.0
	for _, v := range w {
		largest = max(largest, math.Abs(v))
	}
	for i := range w {
		allowed := unit * largest
		if !strings.Contains(op, "FFT") {
			allowed = unit * max(math.Abs(w[i]), math.Abs(w[i^1]))
		}
		if w[i] != g[i] && !(w[i] != w[i] && g[i] != g[i]) && !(math.Abs(w[i]-g[i]) <= allowed) {
			return fmt.Sprintf("%s: part %d of %d: got %v, want %v", fetch, i, len(w), g[i], w[i])
		}
	}
	return ""
}
