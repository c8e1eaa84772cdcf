package onnx_test

import (
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/export/onnx"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

var update = flag.Bool("update", false, "write testdata/*.txt again")

// builder puts functions together.
type builder struct {
	t *testing.T
	f core.Function
}

func (b *builder) input(name string, typ core.Type, shape ...int) core.Value {
	p, err := core.NewNamedNode(name, &core.Parameter{Type: typ, Shape: append(core.Shape{}, shape...)})
	require.NoError(b.t, err)
	b.f.Parameters = append(b.f.Parameters, p)
	return p.Out(0)
}

func (b *builder) op(name string, op core.Op, in ...core.Value) core.Value {
	n, err := core.NewNamedNode(name, op, in...)
	require.NoError(b.t, err)
	return n.Out(0)
}

func (b *builder) result(name string, v core.Value) *core.Function {
	b.f.Results = append(b.f.Results, b.op(name, &core.Result{}, v).Node)
	return &b.f
}

func constant[T core.Element](b *builder, shape core.Shape, data ...T) core.Value {
	t, err := core.TensorOf(shape, data)
	require.NoError(b.t, err)
	return core.NewConstant(t)
}

func scalar[T core.Element](b *builder, x T) core.Value { return constant(b, core.Shape{}, x) }

func toU8() postop.Step { return postop.RoundSaturateTo(core.U8) }
func toI8() postop.Step { return postop.RoundSaturateTo(core.I8) }

var reluStep = postop.Step{Kind: postop.Activation, Activation: numeric.Relu}

// convolution is a 3x3 convolution of two channels with a scale for each, a bias and a Relu.
func (b *builder) convolution(name string, x core.Value, strides int, to postop.Step) core.Value {
	filters := make([]int8, 3*3*2*2)
	for i := range filters {
		filters[i] = int8(i - 18)
	}
	zero := scalar(b, uint8(0))
	if x.Type() == core.I8 {
		zero = scalar(b, int8(0))
	}
	return b.op(name, &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{strides, strides}, PadType: geometry.PadSameUpper},
		PostOps: []postop.Step{{Kind: postop.Mul}, {Kind: postop.Add}, reluStep, {Kind: postop.Mul}, to},
	}, x, constant(b, core.Shape{3, 3, 2, 2}, filters...), zero, scalar(b, int8(0)),
		constant(b, core.Shape{2}, float32(0.5), 0.25), constant(b, core.Shape{2}, float32(3), -1),
		scalar(b, float32(0.125)))
}

// chain is what an INT8 model begins with: quantization, two convolutions, a pool.
func chain(b *builder) *core.Function {
	x := b.input("image", core.F32, core.Unknown, 4, 4, 2)
	q := b.op("quantize", &tensorflow.QuantizeV2{
		Type: core.I8, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, Axis: -1,
	}, x, scalar(b, float32(-1)), scalar(b, float32(1)))
	y := b.convolution("conv1", q, 1, toU8())
	y = b.convolution("conv2", y, 2, toI8())
	y = b.op("pool", &pooling.MaxPool{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}, Window: []int{2, 2},
	}, y)
	return b.result("pool:0", b.op("flat", &array.Reshape{}, y, constant(b, core.Shape{2}, int32(-1), 2)))
}

// sum is a pointwise convolution to which a quantized tensor is added.
func sum(b *builder) *core.Function {
	x := b.input("x", core.U8, core.Unknown, 4, 4, 2)
	s := b.input("s", core.I8, core.Unknown, 2, 2, 1)
	y := b.op("conv", &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 2}, PadType: geometry.PadValid},
		PostOps: []postop.Step{
			{Kind: postop.Mul},
			{Kind: postop.Add},
			{Kind: postop.MulAdd},
			reluStep,
			{Kind: postop.Mul},
			toU8(),
		},
	}, x, constant(b, core.Shape{1, 1, 2, 1}, int8(5), -7), scalar(b, uint8(0)), scalar(b, int8(0)),
		scalar(b, float32(0.5)), constant(b, core.Shape{1}, float32(2)), s, scalar(b, float32(0.25)),
		scalar(b, float32(0.125)))
	return b.result("y", y)
}

// requantized is a pool of bytes that are quantized once more, with another range.
func requantized(b *builder) *core.Function {
	x, end := b.input("x", core.U8, core.Unknown, 4, 4, 2), scalar(b, float32(0))
	real := b.op("relu", &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32},
		x, end, scalar(b, float32(6)))
	y := b.op("pad", &tensorflow.QuantizeV2{
		Type: core.U8, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, Axis: -1,
	}, real, end, scalar(b, float32(7)))
	return b.result("y", b.op("pool", &pooling.MaxPool{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid, Strides: []int{2, 2}},
		Window:  []int{2, 2},
	}, y))
}

// signedSum is a pointwise convolution of a convolution's result, to which that is added; the sum ends at 127.
func signedSum(b *builder) *core.Function {
	x := b.convolution("data", b.input("x", core.U8, core.Unknown, 4, 4, 2), 1, toI8())
	to := toU8()
	to.Hi = 127
	y := b.op("conv", &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid},
		PostOps: []postop.Step{{Kind: postop.Mul}, {Kind: postop.MulAdd}, reluStep, {Kind: postop.Mul}, to},
	}, x, constant(b, core.Shape{1, 1, 2, 2}, int8(5), -7, 3, 2), scalar(b, int8(0)), scalar(b, int8(0)),
		constant(b, core.Shape{2}, float32(0.5), 0.75), x, scalar(b, float32(0.25)), scalar(b, float32(0.125)))
	return b.result("y", b.convolution("next", y, 1, toU8()))
}

// large is a matrix product whose sums f32 may not hold, to i32.
func large(b *builder) *core.Function {
	x := b.input("x", core.U8, core.Unknown, 600)
	factors := make([]int8, 600)
	for i := range factors {
		factors[i] = 127
	}
	to := postop.RoundSaturateTo(core.I32)
	to.Hi = numeric.LargestFloatI32
	y := b.op("matmul", &linear.IntegerDot{
		ReductionAxes: 1, PostOps: []postop.Step{{Kind: postop.Mul}, to},
	}, x, constant(b, core.Shape{600, 1}, factors...), scalar(b, uint8(0)), scalar(b, int8(0)), scalar(b, float32(0.5)))
	return b.result("y", y)
}

// zeros is a convolution with a list of equal zero points.
func zeros(b *builder) *core.Function {
	x := b.input("x", core.U8, core.Unknown, 4, 4, 1)
	y := b.op("conv", &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid},
	}, x, constant(b, core.Shape{2, 1, 1, 2}, int8(1), 2, 3, 4), scalar(b, uint8(0)),
		constant(b, core.Shape{2}, int8(-3), -3))
	return b.result("y", y)
}

// product is a matrix product whose result is real, with a computed zero point.
func product(b *builder) *core.Function {
	x := b.input("x", core.U8, core.Unknown, 3)
	z := b.input("z", core.I32)
	y := b.op("matmul", &linear.IntegerDot{
		ReductionAxes: 1, PostOps: []postop.Step{{Kind: postop.Mul}},
	}, x, constant(b, core.Shape{3, 2}, int8(1), 2, 3, 4, 5, 6), z, scalar(b, int8(0)), scalar(b, float32(0.5)))
	return b.result("y", y)
}

// narrow is a product of bf16 matrices that has all parts that such a product may have.
func narrow(b *builder) *core.Function {
	x, y := b.input("x", core.BF16, 5, 9), b.input("y", core.BF16, 9, 25)
	return b.result("z", b.op("matmul", &tensorflow.NarrowMatMul{}, x, y))
}

// narrowRow is such a product with a single row.
func narrowRow(b *builder) *core.Function {
	x, y := b.input("x", core.BF16, 1, 130), b.input("y", core.BF16, 130, 9)
	return b.result("z", b.op("matmul", &tensorflow.NarrowMatMul{}, x, y))
}

// branch chooses among three functions of x.
func branch(b *builder) *core.Function {
	index, x := b.input("index", core.I32), b.input("x", core.F32, core.Unknown, 2)
	op := &control.Branch{}
	for _, c := range []float32{2, 3, 5} {
		inner := builder{t: b.t}
		y := inner.op("times", &pointwise.Multiply{}, inner.input("x", core.F32, core.Unknown, 2), scalar(&inner, c))
		op.Branches = append(op.Branches, inner.result("y", y))
	}
	return b.result("y", b.op("case", op, index, x))
}

// file returns the function of an op's file.
func file(op string) func(b *builder) *core.Function {
	return func(b *builder) *core.Function {
		data, err := os.ReadFile("../../testdata/ng/schema2/" + op + ".ng")
		require.NoError(b.t, err)
		f, err := ngfile.Read(data)
		require.NoError(b.t, err)
		return f
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(b *builder) *core.Function
		o    onnx.Options
	}{
		{"chain_qdq", chain, onnx.Options{}},
		{"chain_qoperator", chain, onnx.Options{Form: onnx.QOperator, Opset: 13}},
		{"chain_integer", chain, onnx.Options{Form: onnx.Integer}},
		{"sum_qdq", sum, onnx.Options{}},
		{"sum_qoperator", sum, onnx.Options{Form: onnx.QOperator, Opset: 13}},
		{"signed_sum_qdq", signedSum, onnx.Options{}},
		{"signed_sum_qoperator", signedSum, onnx.Options{Form: onnx.QOperator}},
		{"sum_of_bytes", sum, onnx.Options{Sums: onnx.SumsOfBytes}},
		{"sum_calibrated", func(b *builder) *core.Function { return scaledSum(b, 0.5, 0.5) }, onnx.Options{
			Sums: onnx.SumsOfBytes, Calibration: append(values(20, 0), values(0, 5)...),
		}},
		{"signed_sum_of_bytes", signedSum, onnx.Options{Sums: onnx.SumsOfBytes}},
		{"signed_sum_of_bytes_qoperator", signedSum, onnx.Options{Sums: onnx.SumsOfBytes, Form: onnx.QOperator}},
		{"requantized", requantized, onnx.Options{}},
		{"large", large, onnx.Options{}},
		{"product", product, onnx.Options{}},
		{"zeros", zeros, onnx.Options{}},
		{"loop", file("Loop"), onnx.Options{}},
		{"branch", branch, onnx.Options{}},
		{"narrow", narrow, onnx.Options{}},
		{"narrow_row", narrowRow, onnx.Options{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := onnx.Export(test.make(&builder{t: t}), test.o)
			require.NoError(t, err)
			got, file := readText(t, m.Bytes()), filepath.Join("testdata", test.name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

// Bytes that are quantized once more are pooled first, unless the integers or the reals have another reader.
func TestPooledFirst(t *testing.T) {
	for _, test := range []struct {
		name                  string
		pad, relu             bool // read once more
		wantRelu, wantPad, to []string
	}{
		{"alone", false, false, nil, nil, []string{"Transpose", "MaxPool", "DequantizeLinear", "QuantizeLinear"}},
		{"relu", false, true, []string{"DequantizeLinear"}, nil, []string{
			"Transpose", "MaxPool", "DequantizeLinear", "QuantizeLinear",
		}},
		{"pad", true, false, []string{"DequantizeLinear"}, []string{"QuantizeLinear"}, []string{"Transpose", "MaxPool"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &builder{t: t}
			f := requantized(b)
			pad := f.Results[0].Inputs()[0].Node.Inputs()[0]
			if test.pad {
				b.result("pads", pad)
			}
			if test.relu {
				b.result("relus", pad.Node.Inputs()[0])
			}
			m, err := onnx.Export(f, onnx.Options{})
			require.NoError(t, err)
			got := map[string][]string{}
			for _, n := range m.Report() {
				got[n.Node] = n.ONNX
			}
			assert.Equal(t, map[string][]string{"relu": test.wantRelu, "pad": test.wantPad, "pool": test.to}, got)
		})
	}
}

func TestReport(t *testing.T) {
	m, err := onnx.Export(chain(&builder{t: t}), onnx.Options{})
	require.NoError(t, err)
	less := "ONNX multiplies by one factor, and its bias is an integer"
	conv := []string{"DequantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "QuantizeLinear"}
	assert.Equal(t, []onnx.NodeReport{
		{Node: "quantize", Op: "TFQuantizeV2", ONNX: []string{"Mul", "QuantizeLinear"}, Fidelity: onnx.Exact},
		{
			Node: "conv1", Op: "IntegerConvolution", ONNX: slices.Insert(slices.Clone(conv), 1, "Transpose"),
			Fidelity: onnx.OneStep, Why: less,
		},
		{
			Node: "conv2", Op: "IntegerConvolution", ONNX: append(conv, "Clip"),
			Fidelity: onnx.OneStep, Why: less,
		},
		{Node: "pool", Op: "MaxPool", ONNX: []string{"MaxPool"}, Fidelity: onnx.Exact},
		{Node: "flat", Op: "Reshape", ONNX: []string{"Transpose", "Reshape"}, Fidelity: onnx.Exact},
	}, m.Report())
}

// scaledSum is a pointwise convolution with a summand of one scale, whose result has another.
func scaledSum(b *builder, summand, result float32) *core.Function {
	x, s := b.input("x", core.U8, 1, 4, 4, 2), b.input("s", core.U8, 1, 4, 4, 1)
	return b.result("y", b.op("conv", &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid},
		PostOps: []postop.Step{{Kind: postop.Mul}, {Kind: postop.MulAdd}, reluStep, {Kind: postop.Mul}, toU8()},
	}, x, constant(b, core.Shape{1, 1, 2, 1}, int8(5), -7), scalar(b, uint8(0)), scalar(b, int8(0)),
		scalar(b, float32(0.5)), s, scalar(b, summand), scalar(b, 1/result)))
}

// values has the pixel (first, second) for scaledSum's x, among zeros, and zeros for s.
func values(first, second uint8) []map[string]*core.Tensor {
	x := make([]uint8, 32)
	x[6], x[7] = first, second
	pixels, err := core.TensorOf(core.Shape{1, 4, 4, 2}, x)
	if err != nil {
		panic(err)
	}
	zeros, err := core.NewTensor(core.U8, core.Shape{1, 4, 4, 1})
	if err != nil {
		panic(err)
	}
	return []map[string]*core.Tensor{{"x": pixels, "s": zeros}}
}

// A sum is of bytes only where no result can be off by more than one step for that, or none in the range calibrated.
func TestSumsOfBytes(t *testing.T) {
	const (
		rounded = "the product is rounded to 8 bits before the sum"
		reals   = "ONNX adds and quantizes reals, each rounded on its own"
	)
	for _, test := range []struct {
		summand, result float32
		calibration     []map[string]*core.Tensor
		fidelity        onnx.Fidelity
		why             string
	}{
		{0.25, 0.5, nil, onnx.OneStep, rounded},
		{0.5, 0.5, nil, onnx.OneStep, reals},
		{0.5, 0.5, values(10, 0), onnx.OneStepInRange, rounded + ", and saturates outside of its range"},
		{0.5, 0.5, append(values(255, 0), values(0, 255)...), onnx.OneStep, reals},
		{0.25, 0.5, append(values(255, 0), values(0, 255)...), onnx.OneStep, rounded},
	} {
		b := &builder{t: t}
		f := scaledSum(b, test.summand, test.result)
		m, err := onnx.Export(f, onnx.Options{Sums: onnx.SumsOfBytes, Calibration: test.calibration})
		require.NoError(t, err)
		got := m.Report()[0]
		assert.Equal(t, test.why, got.Why, "summand %v, result %v, %v", test.summand, test.result, test.calibration)
		assert.Equal(t, test.fidelity, got.Fidelity)
	}
}

func TestCalibrationFails(t *testing.T) {
	for _, test := range []struct {
		o    onnx.Options
		want string
	}{
		{onnx.Options{}, "onnx: calibration: got sums of reals, want sums of bytes, in the form qdq or qoperator"},
		{
			onnx.Options{Sums: onnx.SumsOfBytes, Form: onnx.Integer},
			"onnx: calibration: got sums of reals, want sums of bytes, in the form qdq or qoperator",
		},
	} {
		test.o.Calibration = values(1, 2)
		_, err := onnx.Export(scaledSum(&builder{t: t}, 1, 1), test.o)
		require.EqualError(t, err, test.want)
	}
	values := values(1, 2)
	delete(values[0], "s")
	_, err := onnx.Export(scaledSum(&builder{t: t}, 1, 1), onnx.Options{Sums: onnx.SumsOfBytes, Calibration: values})
	require.ErrorContains(t, err, "onnx: calibration: ")
}

// All reasons are told at once, and what one of them reads does not add others.
func TestUnsupported(t *testing.T) {
	b := &builder{t: t}
	x := b.input("x", core.I32, 4)
	u := b.op("bits", &array.Bitcast{Type: core.F32}, x)
	y := b.op("double", &pointwise.Add{}, u, u)
	c := b.op("finite", &pointwise.CheckFinite{}, y)
	_, err := onnx.Export(b.result("y", c), onnx.Options{})
	var unsupported *onnx.UnsupportedError
	require.ErrorAs(t, err, &unsupported)
	require.EqualError(t, err, `no ONNX for node "bits" (Bitcast): `+
		`ONNX takes the bits of integers alone for another type, of the same size
       and node "finite" (CheckFinite): ONNX has nothing that fails; leave CheckNumerics out`)
}

// Tables that are made from sizes are refused before memory is allocated for them.
func TestLargeTables(t *testing.T) {
	const side = 1 << 30
	one := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}
	for _, c := range []struct {
		name  string
		model func(b *builder) core.Value
	}{
		{"onehot", func(b *builder) core.Value {
			return b.op("large", &indexing.OneHot{Axis: -1}, b.input("x", core.I32, core.Unknown),
				scalar(b, int32(math.MaxInt32)), scalar(b, float32(1)), scalar(b, float32(0)))
		}},
		{"patches", func(b *builder) core.Value {
			op := &vision.ExtractPatches{Spatial: one, Window: []int{1, 1}}
			return b.op("large", op, b.input("x", core.F32, 1, side, 1, 1))
		}},
		{"argmax", func(b *builder) core.Value {
			op := &pooling.MaxPoolWithArgmax{Spatial: one, Window: []int{1, 1}, Type: core.I64}
			return b.op("large", op, b.input("x", core.F32, 1, 1<<20, 1<<20, 1))
		}},
		{"nearest", func(b *builder) core.Value {
			return b.op("large", &vision.Resize{Mode: vision.ResizeNearest}, b.input("x", core.F32, 1, side, 1, 1),
				constant(b, core.Shape{2}, int32(2), 2))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &builder{t: t}
			_, err := onnx.Export(b.result("y", c.model(b)), onnx.Options{})
			var unsupported *onnx.UnsupportedError
			require.ErrorAs(t, err, &unsupported)
			require.Len(t, unsupported.Reasons, 1)
			assert.Equal(t, "large", unsupported.Reasons[0].Node)
			assert.Equal(t, "it would need a table of more than 67108864 numbers", unsupported.Reasons[0].Why)
		})
	}
}

// The rows of a list may be larger than any tensor as long as nobody knows how many there are.
func TestLargeRows(t *testing.T) {
	const side = 1 << 30
	b := &builder{t: t}
	list, row := b.input("x", core.F32, core.Unknown, side, side), b.input("row", core.F32, side, side)
	y := b.op("set", &control.SetRow{}, list, b.input("at", core.I32), row)
	m, err := onnx.Export(b.result("y", y), onnx.Options{})
	require.NoError(t, err)
	assert.Positive(t, m.Nodes())
}

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		o    onnx.Options
		want string
	}{
		{onnx.Options{Opset: 12}, "onnx: opset: got 12, want 13 to 23"},
		{onnx.Options{Opset: 24}, "onnx: opset: got 24, want 13 to 23"},
		{onnx.Options{Form: "float"}, `onnx: form: got "float", want qdq, qoperator or integer`},
		{onnx.Options{Sums: "floats"}, `onnx: sums: got "floats", want reals or bytes`},
	} {
		t.Run(test.want, func(t *testing.T) {
			_, err := onnx.Export(chain(&builder{t: t}), test.o)
			require.EqualError(t, err, test.want)
			var option *onnx.OptionError
			require.ErrorAs(t, err, &option)
		})
	}
}

// Each opset has the IR version that first knew it.
func TestVersions(t *testing.T) {
	for opset, ir := range map[int]int64{13: 7, 14: 7, 15: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11} {
		m, err := onnx.Export(chain(&builder{t: t}), onnx.Options{Opset: opset})
		require.NoError(t, err)
		read := parse(t, m.Bytes())
		assert.Equal(t, ir, read.number(1), "of opset %d", opset)
		assert.Equal(t, int64(opset), read.messages(t, 8)[0].number(2))
	}
}

// Every op of core has a row, or somebody has said why it has none.
func TestEveryOpIsDecided(t *testing.T) {
	for _, name := range core.OpNames() {
		decided, err := onnx.Decided(name)
		require.NoError(t, err)
		assert.True(t, decided, "%s: give it a row in export/onnx (exports), or say why it has none (lacks)", name)
	}
	_, err := onnx.Coverage("Nothing")
	var unknown *core.UnknownOpError
	require.ErrorAs(t, err, &unknown)
}

func TestWriteFile(t *testing.T) {
	m, err := onnx.Export(chain(&builder{t: t}), onnx.Options{})
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "m.onnx")
	n, err := m.WriteFile(path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, m.Bytes(), data)
	assert.Equal(t, int64(len(data)), n)
	assert.Equal(t, []string{"m.onnx"}, names(t, dir))
}

// A file that cannot be written leaves nothing behind.
func TestWriteFileFails(t *testing.T) {
	m, err := onnx.Export(chain(&builder{t: t}), onnx.Options{})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "m.onnx"), 0o755))
	_, err = m.WriteFile(filepath.Join(dir, "m.onnx"))
	require.Error(t, err)
	assert.Equal(t, []string{"m.onnx"}, names(t, dir))
	_, err = m.WriteFile(filepath.Join(dir, "no", "m.onnx"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func names(t *testing.T, dir string) (list []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// Tensors of a model that is too large for one message stand in a file of their own.
func TestExternalData(t *testing.T) {
	b := &builder{t: t}
	weights := make([]float32, 600)
	for i := range weights {
		weights[i] = float32(i)
	}
	x := b.input("x", core.F32, 2, 600)
	y := b.op("add", &pointwise.Add{}, x, constant(b, core.Shape{600}, weights...))
	z := b.op("mul", &pointwise.Multiply{}, y, constant(b, core.Shape{1, 600}, weights...))
	m, err := onnx.Export(b.result("y", z), onnx.Options{})
	require.NoError(t, err)
	dir := t.TempDir()
	n, err := onnx.WriteFileWithin(m, filepath.Join(dir, "m.onnx"), 1000)
	require.NoError(t, err)
	model, err := os.ReadFile(filepath.Join(dir, "m.onnx"))
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(dir, "m.onnx.data"))
	require.NoError(t, err)
	assert.Equal(t, int64(len(model)+len(data)), n)
	assert.Len(t, data, 4096+2400)
	var places [][2]string
	for _, c := range parse(t, parse(t, model)[7][0].bytes).messages(t, 5) {
		assert.Equal(t, int64(1), c.number(14))
		entries := c.messages(t, 13)
		require.Len(t, entries, 3)
		assert.Equal(t, []string{"location", "m.onnx.data"}, []string{entries[0].text(1), entries[0].text(2)})
		places = append(places, [2]string{entries[1].text(2), entries[2].text(2)})
	}
	assert.Equal(t, [][2]string{{"0", "2400"}, {"4096", "2400"}}, places)
	assert.Equal(t, "599", elementText("float", data, 599))
	assert.Equal(t, "599", elementText("float", data[4096:], 599))
}

// A model of more than 2 GiB, which no message holds. The tables are one tensor of zeros, so that the test takes little
// memory, with a last byte of its own.
func TestBeyondTwoGiB(t *testing.T) {
	if os.Getenv("TF2NG_LARGE_FILES") == "" {
		t.Skip("it writes 2 GiB: make large (TF2NG_LARGE_FILES=1)")
	}
	const rows, columns, tables = 1 << 20, 513, 4
	table, err := core.NewTensor(core.U8, core.Shape{rows, columns})
	require.NoError(t, err)
	table.Bytes()[rows*columns-1] = 7
	b := &builder{t: t}
	index := b.input("index", core.I32)
	for i := range tables {
		name := "table" + strconv.Itoa(i)
		b.result(name+":0", b.op(name, &indexing.Gather{}, core.NewConstant(table), index))
	}
	m, err := onnx.Export(&b.f, onnx.Options{})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "m.onnx")
	n, err := m.WriteFile(path)
	require.NoError(t, err)
	assert.Greater(t, n, int64(2<<30))
	model, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Less(t, len(model), 1<<16)
	data, err := os.Open(path + ".data")
	require.NoError(t, err)
	defer data.Close()
	initializers := parse(t, parse(t, model)[7][0].bytes).messages(t, 5)
	require.Len(t, initializers, tables)
	for _, c := range initializers {
		at, err := strconv.ParseInt(c.messages(t, 13)[1].text(2), 10, 64)
		require.NoError(t, err)
		var end [2]byte
		_, err = data.ReadAt(end[:], at+rows*columns-2)
		require.NoError(t, err)
		assert.Equal(t, [2]byte{0, 7}, end, "of %s", c.text(8))
	}
}

// Whatever the function, the error is one that callers can tell apart.
func TestErrorsAreTyped(t *testing.T) {
	b := &builder{t: t}
	x := b.input("x", core.Dynamic, 4)
	_, err := onnx.Export(b.result("y", x), onnx.Options{})
	var unsupported *onnx.UnsupportedError
	require.True(t, errors.As(err, &unsupported))
	require.EqualError(t, err, `no ONNX for node "x" (Parameter): its type is not known; give the input one`)
}

// ONNX Runtime aborts if a Loop reads what a DequantizeLinear gives, also by way of ops that move elements.
func TestLoopReadsNoDequantizeLinear(t *testing.T) {
	model, err := tf2ng.Load("../../testdata/controlflow/lstm_neural_compressor/graph.pb")
	require.NoError(t, err)
	defer model.Close()
	m, err := onnx.Export(model.Function(), onnx.Options{})
	require.NoError(t, err)
	nodes := parse(t, parse(t, m.Bytes())[7][0].bytes).messages(t, 1)
	from := map[string]message{} // the node of each tensor
	for _, n := range nodes {
		for _, output := range n[2] {
			from[string(output.bytes)] = n
		}
	}
	loops, read := 0, 0
	for _, n := range nodes {
		if n.text(4) != "Loop" {
			continue
		}
		loops++
		body := parse(t, n.messages(t, 5)[0][6][0].bytes)
		for _, inner := range body.messages(t, 1) {
			for _, input := range inner[1] {
				source := from[string(input.bytes)]
				for source.text(4) == "Transpose" || source.text(4) == "Reshape" {
					source = from[source.text(1)]
				}
				assert.NotEqual(t, "DequantizeLinear", source.text(4), "%s reads %s", n.text(3), input.bytes)
				if source.text(4) == "Sum" {
					read++
				}
			}
		}
	}
	assert.Positive(t, loops)
	assert.Positive(t, read)
}
