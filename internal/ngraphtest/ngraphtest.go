// Package ngraphtest reads what nGraph computed (testdata/ngraph) for tests.
package ngraphtest

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// runs lists the ops and builders of all cases, by the package whose tests run them. A
// case of any other op fails.
var runs = map[string][]string{
	"core": {"Quantize", "Dequantize", "FakeQuantize", "QuantizedConvolution", "QuantizedDot", ""},
	"fusedops": {
		"QuantizedConvolutionBias", "QuantizedConvolutionBiasAdd", "QuantizedConvolutionBiasSignedAdd",
		"QuantizedConvolutionRelu", "QuantizedDotBias",
	},
	"builders": {
		"ScaledQuantize", "ScaledDequantize", "ScaledQuantizedConvolution", "ScaledQuantizedConvolutionBias",
		"ScaledQuantizedConvolutionBiasAdd", "ScaledQuantizedConvolutionBiasSignedAdd",
		"ScaledQuantizedConvolutionRelu",
		"ScaledQuantizedDot", "ScaledQuantizedDotBias", "ScaledQuantizedConcat",
	},
}

// Tensor is a tensor of a case; without Data only its type and shape are known.
type Tensor struct {
	Name  string
	Kind  string
	Type  core.Type
	Shape Shape
	Data  []Number
}

// Shape is a shape that may be partly unknown.
type Shape core.Shape

// UnmarshalJSON reads a list of numbers and "?", or "dynamic_rank".
func (s *Shape) UnmarshalJSON(b []byte) error {
	if string(b) == `"dynamic_rank"` {
		*s = nil
		return nil
	}
	var list []any
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*s = Shape{}
	for _, v := range list {
		d, ok := v.(float64)
		if !ok {
			d = core.Unknown
		}
		*s = append(*s, int(d))
	}
	return nil
}

// Number is a number, "NaN", "Infinity" or "-Infinity".
type Number float64

// UnmarshalJSON reads a Number.
func (n *Number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`:
		*n = Number(math.NaN())
	case `"Infinity"`:
		*n = Number(math.Inf(1))
	case `"-Infinity"`:
		*n = Number(math.Inf(-1))
	default:
		return json.Unmarshal(b, (*float64)(n))
	}
	return nil
}

// Flag is a boolean, or 0 or 1.
type Flag bool

// UnmarshalJSON reads a Flag.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true" || string(b) == "1"
	return nil
}

// Round is a RoundMode by name or number.
type Round numeric.RoundMode

// UnmarshalJSON reads a Round.
func (r *Round) UnmarshalJSON(b []byte) error {
	var name string
	if json.Unmarshal(b, &name) == nil {
		return (*numeric.RoundMode)(r).UnmarshalText([]byte(name))
	}
	return json.Unmarshal(b, (*uint8)(r))
}

// Attrs are the attributes of a case.
type Attrs struct {
	Type          core.Type
	Axes          []int
	RoundMode     Round     `json:"round_mode"`
	Levels        int       // FakeQuantize
	OutputType    core.Type `json:"output_type"`
	Strides       []int
	Dilations     []int
	PadsBegin     []int `json:"pads_begin"`
	PadsEnd       []int `json:"pads_end"`
	DataDilations []int `json:"data_dilations"`
	WithRelu      Flag  `json:"with_relu"`
	Requantize    Flag
	Axis          int
	ReductionAxes int    `json:"reduction_axes_count"`
	InputAxes     []int  `json:"input_axes"`
	FilterAxes    []int  `json:"filter_axes"`
	OutputAxes    []int  `json:"output_axes"`
	Input0Axes    []int  `json:"input0_axes"`
	Input1Axes    []int  `json:"input1_axes"`
	AutoBroadcast string `json:"auto_broadcast"`
	BroadcastAxis int    `json:"auto_broadcast_axis"`
}

// Spatial returns the window's attributes.
func (a *Attrs) Spatial() geometry.Spatial {
	return geometry.Spatial{
		Strides:       a.Strides,
		Dilations:     a.Dilations,
		PadBelow:      a.PadsBegin,
		PadAbove:      a.PadsEnd,
		DataDilations: a.DataDilations,
	}
}

// Case is one recorded computation or decision.
type Case struct {
	ID         string
	Op         string
	Attrs      Attrs
	OutputType core.Type `json:"output_type"`
	Inputs     []Tensor
	Verdict    string
	InTrees    []string `json:"in_trees"`
	Result     *Tensor
	Results    map[string]struct{ Output *Tensor }
	Model      *Model
	Expect     *struct {
		Accepted    bool
		OutputType  core.Type `json:"output_type"`
		OutputShape Shape     `json:"output_shape"`
		Message     string    `json:"message_substring"`

		Type  core.Type
		Shape Shape
		Data  []Number
	}
}

// UnmarshalJSON reads a case, in some of which model is a tensor.
func (c *Case) UnmarshalJSON(b []byte) error {
	type plain Case
	if err := json.Unmarshal(b, (*plain)(c)); err != nil {
		return err
	}
	if c.Model != nil && len(c.Model.Nodes) == 0 {
		c.Model = nil
	}
	return nil
}

// Model is an ONNX model.
type Model struct {
	Nodes []struct {
		OpType  string `json:"op_type"`
		Inputs  []string
		Outputs []string
		Attrs   map[string]any
	}
	Initializers []Tensor
}

// counts reports whether a case is to be run.
func (c *Case) counts() bool {
	return c.Expect != nil || slices.Contains([]string{"agreed", "one_backend", "cpu_equals_model"}, c.Verdict)
}

// Want returns the recorded result: the CPU backend's, else the interpreter's.
func (c *Case) Want(t testing.TB) *core.Tensor {
	t.Helper()
	r := c.Result
	for _, backend := range []string{"CPU", "INTERPRETER"} {
		if r == nil {
			r = c.Results[backend].Output
		}
	}
	if r == nil {
		t.Fatalf("case %s has no result", c.ID)
	}
	return r.Tensor(t)
}

// Named returns an input by name.
func (c *Case) Named(t testing.TB, name string) int {
	t.Helper()
	i := slices.IndexFunc(c.Inputs, func(in Tensor) bool { return in.Name == name })
	if i < 0 {
		t.Fatalf("case %s has no input %q", c.ID, name)
	}
	return i
}

// Tensors returns the inputs.
func (c *Case) Tensors(t testing.TB) []*core.Tensor {
	t.Helper()
	out := make([]*core.Tensor, len(c.Inputs))
	for i := range c.Inputs {
		out[i] = c.Inputs[i].Tensor(t)
	}
	return out
}

// Tensor converts to a tensor of the IR.
func (x *Tensor) Tensor(t testing.TB) *core.Tensor {
	t.Helper()
	v, err := core.NewTensor(x.Type, core.Shape(x.Shape))
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != len(x.Data) {
		t.Fatalf("%s: %d elements for %v", x.Name, len(x.Data), v)
	}
	for i, n := range x.Data {
		switch x.Type {
		case core.I8:
			core.Data[int8](v)[i] = int8(n)
		case core.U8:
			core.Data[uint8](v)[i] = uint8(n)
		case core.I32:
			core.Data[int32](v)[i] = int32(n)
		case core.I64:
			core.Data[int64](v)[i] = int64(n)
		case core.F32:
			core.Data[float32](v)[i] = float32(n)
		case core.F64:
			core.Data[float64](v)[i] = float64(n)
		default:
			t.Fatalf("%s: type %v", x.Name, x.Type)
		}
	}
	return v
}

// Each runs f as a subtest for every case of the ops that a package's tests run, and
// fails if there are none.
func Each(t *testing.T, pkg string, f func(t *testing.T, c *Case)) {
	t.Helper()
	n := 0
	for _, path := range files(t) {
		for _, c := range read(t, path) {
			if !c.counts() || !slices.Contains(runs[pkg], c.Op) {
				continue
			}
			n++
			t.Run(strings.TrimSuffix(filepath.Base(path), ".json")+"/"+c.ID, func(t *testing.T) { f(t, &c) })
		}
	}
	if n == 0 {
		t.Fatalf("no cases for package %s", pkg)
	}
}

// files lists testdata/ngraph and the directory TF2NG_VECTORS.
func files(t testing.TB) []string {
	t.Helper()
	_, self, _, _ := runtime.Caller(0)
	dirs := []string{filepath.Join(filepath.Dir(self), "..", "..", "testdata", "ngraph")}
	if more := os.Getenv("TF2NG_VECTORS"); more != "" {
		dirs = append(dirs, more)
	}
	var all []string
	for _, d := range dirs {
		list, err := filepath.Glob(filepath.Join(d, "*.json"))
		if err != nil || len(list) == 0 {
			t.Fatalf("no *.json in %s (%v)", d, err)
		}
		all = append(all, list...)
	}
	return all
}

func read(t testing.TB, path string) []Case {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []Case }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, c := range file.Cases {
		if c.counts() && !slices.ContainsFunc([]string{"core", "fusedops", "builders"}, func(p string) bool {
			return slices.Contains(runs[p], c.Op)
		}) {
			t.Fatalf("%s: case %s is of op %q, which no test runs", path, c.ID, c.Op)
		}
	}
	return file.Cases
}

// engines, if not nil, compares other ways to evaluate a function with the references.
var engines func(f *core.Function, inputs, want map[string]*core.Tensor) error

// SetEngines sets what Evaluate compares other ways to evaluate a function with. The tests
// that read cases set internal/enginetest.Check, before any of them runs.
func SetEngines(check func(f *core.Function, inputs, want map[string]*core.Tensor) error) {
	engines = check
}

// Evaluate builds a graph over the tensors, as constants where constant says so and
// else as parameters, and returns its values.
func Evaluate(
	tensors []*core.Tensor, constant func(i int) bool, build func(in []core.Value) ([]core.Value, error),
) ([]*core.Tensor, error) {
	f := &core.Function{}
	feeds := map[string]*core.Tensor{}
	in := make([]core.Value, len(tensors))
	for i, x := range tensors {
		if constant(i) {
			in[i] = core.NewConstant(x)
			continue
		}
		name := fmt.Sprintf("in%d", i)
		p, err := core.NewNamedNode(name, &core.Parameter{Type: x.Type(), Shape: x.Shape()})
		if err != nil {
			return nil, err
		}
		f.Parameters = append(f.Parameters, p)
		feeds[name], in[i] = x, p.Out(0)
	}
	values, err := build(in)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		r, err := core.NewNamedNode(fmt.Sprintf("out%d", i), &core.Result{}, v)
		if err != nil {
			return nil, err
		}
		f.Results = append(f.Results, r)
	}
	got, err := f.Eval(feeds)
	if err != nil {
		return nil, err
	}
	if engines != nil {
		if err := engines(f, feeds, got); err != nil {
			return nil, err
		}
	}
	out := make([]*core.Tensor, len(values))
	for i := range out {
		out[i] = got[fmt.Sprintf("out%d", i)]
	}
	return out, nil
}

// Parameters and Constants are choices for Evaluate.
func Parameters(int) bool { return false }

// Constants makes every input a constant.
func Constants(int) bool { return true }

// Equal fails unless both tensors are equal element by element; NaNs are equal.
func Equal(t testing.TB, want, got *core.Tensor) {
	t.Helper()
	if want.Type() != got.Type() || !want.Shape().Equal(got.Shape()) {
		t.Fatalf("got %v, want %v", got, want)
	}
	w, g := want.Float64s(), got.Float64s()
	bad, first := 0, -1
	for i := range w {
		if w[i] != g[i] && !(math.IsNaN(w[i]) && math.IsNaN(g[i])) {
			if bad++; first < 0 {
				first = i
			}
		}
	}
	if bad > 0 {
		t.Fatalf("%v: %d of %d elements differ, the first at %d: got %v, want %v", want, bad, len(w), first, g[first],
			w[first])
	}
}
