package op_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
)

// extended lists cases that nGraph rejects and this project accepts on purpose.
var extended = map[string]string{}

func TestNGraphVectors(t *testing.T) {
	ngraphtest.Each(t, "core", func(t *testing.T, c *ngraphtest.Case) {
		switch {
		case c.Model != nil:
			runONNX(t, c)
		case c.Expect != nil:
			runTypeProp(t, c)
		default:
			runRecorded(t, c)
		}
	})
}

// opOf returns the op of a case.
func opOf(t *testing.T, c *ngraphtest.Case) core.Op {
	t.Helper()
	a := &c.Attrs
	switch c.Op {
	case "Quantize":
		return &quantization.Quantize{Type: a.Type, Axes: a.Axes, RoundMode: numeric.RoundMode(a.RoundMode)}
	case "Dequantize":
		return &quantization.Dequantize{Type: a.Type, Axes: a.Axes}
	case "FakeQuantize":
		op := &quantization.FakeQuantize{Levels: a.Levels, AutoBroadcast: quantization.BroadcastPDPD, Axis: 1}
		if slices.Contains(c.InTrees, "master") {
			op.AutoBroadcast = quantization.BroadcastNumpy
		}
		if a.AutoBroadcast != "" {
			require.NoError(t, op.AutoBroadcast.UnmarshalText([]byte(a.AutoBroadcast)))
			op.Axis = a.BroadcastAxis
		}
		return op
	case "QuantizedConvolution":
		return &linear.QuantizedConvolution{
			Spatial: a.Spatial(), OutputType: a.OutputType,
			InputAxes: a.InputAxes, FilterAxes: a.FilterAxes, OutputAxes: a.OutputAxes,
		}
	case "QuantizedDot":
		return &linear.QuantizedDot{
			ReductionAxes: a.ReductionAxes, OutputType: a.OutputType,
			Input0Axes: a.Input0Axes, Input1Axes: a.Input1Axes, OutputAxes: a.OutputAxes,
		}
	}
	t.Fatalf("no op %q", c.Op)
	return nil
}

// names is what an error of ours must tell: the input or the attribute at fault.
var names = regexp.MustCompile(`input \d+ \(\w+\): |output type: |axes|round mode: |levels: `)

func runTypeProp(t *testing.T, c *ngraphtest.Case) {
	var in []core.Value
	for _, x := range c.Inputs {
		p, err := core.NewNamedNode(x.Name, &core.Parameter{Type: x.Type, Shape: core.Shape(x.Shape)})
		require.NoError(t, err)
		in = append(in, p.Out(0))
	}
	n, err := core.NewNode(opOf(t, c), in...)
	if _, ours := extended[c.ID]; ours {
		require.NoError(t, err)
		require.False(t, c.Expect.Accepted)
		return
	}
	if !c.Expect.Accepted {
		var violation *core.OpError
		require.ErrorAs(t, err, &violation, "nGraph: %s", c.Expect.Message)
		require.NotEmpty(t, violation.Constraint)
		require.Regexp(t, names, err.Error())
		return
	}
	require.NoError(t, err)
	require.Equal(t, c.Expect.OutputType, n.Outputs()[0].Type)
	require.Equal(t, core.Shape(c.Expect.OutputShape), n.Outputs()[0].Shape)
}

func runRecorded(t *testing.T, c *ngraphtest.Case) {
	op, want := opOf(t, c), c.Want(t)
	kinds := func(i int) bool { return c.Inputs[i].Kind == "constant" }
	apply := func(in []core.Value) ([]core.Value, error) {
		v, err := core.Apply(op, in...)
		return []core.Value{v}, err
	}
	// As recorded; and with all but the data constant, as kernels want it.
	for _, kinds := range []func(int) bool{kinds, func(i int) bool { return i > 0 }} {
		got, err := ngraphtest.Evaluate(c.Tensors(t), kinds, apply)
		require.NoError(t, err)
		ngraphtest.Equal(t, want, got[0])
	}
	if d, ok := op.(core.Decomposer); ok {
		got, err := ngraphtest.Evaluate(c.Tensors(t), kinds, d.Decompose)
		require.NoError(t, err)
		ngraphtest.Equal(t, want, got[0])
	}
}

// runONNX evaluates a model of one node.
func runONNX(t *testing.T, c *ngraphtest.Case) {
	require.Len(t, c.Model.Nodes, 1)
	node := c.Model.Nodes[0]
	tensors := map[string]*core.Tensor{}
	for _, x := range append(slices.Clone(c.Inputs), c.Model.Initializers...) {
		tensors[x.Name] = x.Tensor(t)
	}
	var in []*core.Tensor
	for _, name := range node.Inputs {
		require.Contains(t, tensors, name)
		in = append(in, tensors[name])
	}
	want := make([]float64, len(c.Expect.Data))
	for i, v := range c.Expect.Data {
		want[i] = float64(v)
	}
	var got []float64
	if op := node.OpType; op == "QLinearMatMul" || op == "MatMulInteger" {
		for _, matrices := range slicesOf(t, in) {
			got = append(got, runONNXOp(t, op, node.Attrs, matrices, c)...)
		}
	} else {
		got = runONNXOp(t, op, node.Attrs, in, c)
	}
	require.Equal(t, want, got)
}

// runONNXOp runs one ONNX operator as a core op.
func runONNXOp(t *testing.T, name string, attrs map[string]any, in []*core.Tensor, c *ngraphtest.Case) []float64 {
	var op core.Op
	switch name {
	case "QuantizeLinear":
		op = &quantization.Quantize{Type: c.Expect.Type, RoundMode: numeric.RoundNearestTowardEven}
	case "DequantizeLinear":
		d := &quantization.Dequantize{Type: core.F32}
		if axis, ok := attrs["axis"].(float64); ok && len(in[1].Shape()) == 1 {
			d.Axes = []int{int(axis)}
		}
		op = d
	case "QLinearConv":
		q := &linear.QuantizedConvolution{OutputType: c.Expect.Type}
		if pads, ok := attrs["pads"].([]any); ok {
			n := len(pads) / 2
			for i, p := range pads {
				if v := int(p.(float64)); i < n {
					q.PadBelow = append(q.PadBelow, v)
				} else {
					q.PadAbove = append(q.PadAbove, v)
				}
			}
		}
		op, in = q, reorder(in)
	case "QLinearMatMul":
		op, in = &linear.QuantizedDot{ReductionAxes: 1, OutputType: c.Expect.Type}, reorder(in)
	case "ConvInteger":
		op, in = &linear.IntegerConvolution{}, withZeroPoints(t, in)
	case "MatMulInteger":
		op, in = &linear.IntegerDot{ReductionAxes: 1}, withZeroPoints(t, in)
	default:
		t.Fatalf("no ONNX operator %q", name)
	}
	var out []*core.Tensor
	for _, kind := range []func(int) bool{ngraphtest.Constants, ngraphtest.Parameters, func(i int) bool { return i > 0 }} {
		var err error
		out, err = ngraphtest.Evaluate(in, kind, func(in []core.Value) ([]core.Value, error) {
			v, err := core.Apply(op, in...)
			return []core.Value{v}, err
		})
		require.NoError(t, err)
	}
	return out[0].Float64s()
}

// reorder turns ONNX's (x, x_scale, x_zp, w, w_scale, w_zp, y_scale, y_zp) into nGraph's order.
func reorder(in []*core.Tensor) []*core.Tensor {
	return []*core.Tensor{in[0], in[3], in[1], in[2], in[4], in[5], in[6], in[7]}
}

// withZeroPoints adds the zero points that an integer product of two tensors lacks.
func withZeroPoints(t *testing.T, in []*core.Tensor) []*core.Tensor {
	out := slices.Clone(in)
	for len(out) < 4 {
		z, err := core.NewTensor(in[len(out)-2].Type(), core.Shape{})
		require.NoError(t, err)
		out = append(out, z)
	}
	return out
}

// slicesOf cuts stacks of matrices into sets of inputs of one matrix each.
func slicesOf(t *testing.T, in []*core.Tensor) [][]*core.Tensor {
	stack := 1
	for _, x := range in {
		if s := x.Shape(); len(s) > 2 {
			stack = s[:len(s)-2].MustElements()
		}
	}
	sets := make([][]*core.Tensor, stack)
	for i := range sets {
		for _, x := range in {
			if s := x.Shape(); len(s) > 2 {
				m := s[len(s)-2:]
				size := m.MustElements() * x.Type().Size()
				part, err := core.TensorOver(x.Type(), m, x.Bytes()[i*size:(i+1)*size])
				require.NoError(t, err)
				x = part
			}
			sets[i] = append(sets[i], x)
		}
	}
	return sets
}
