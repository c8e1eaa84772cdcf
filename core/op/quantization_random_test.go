package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// TestRandomOperandsNeverPanic gives the quantization ops operands of random types and
// shapes, many of them wrong: what Infer accepts, Eval and Decompose compute, or they
// return a typed error; nothing panics.
func TestRandomOperandsNeverPanic(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	evaluated := map[string]int{}
	for range 20000 {
		op, base := randomOp(r)
		n := len(base)
		var facts []core.Operand
		var in []*core.Tensor
		for _, o := range base {
			f := o.Fact
			if r.IntN(10) == 0 {
				f = randomFact(r)
			}
			facts = append(facts, core.Operand{Fact: f})
			if f.Static() {
				in = append(in, randomTensor(r, f))
			}
		}
		out, err := op.Infer(facts)
		if err != nil {
			require.ErrorAs(t, err, new(*core.OpError), "%s of %v", core.OpName(op), facts)
			continue
		}
		if len(in) != n {
			continue
		}
		got, err := core.EvalOp(op, in)
		if err != nil {
			require.ErrorAs(t, err, new(*core.OpError))
			continue
		}
		require.Equal(t, out[0].Type, got[0].Type())
		require.Equal(t, out[0].Shape, got[0].Shape())
		evaluated[core.OpName(op)]++
		if d, ok := op.(core.Decomposer); ok {
			equalsDecomposition(t, d, in)
		}
	}
	for _, name := range []string{
		"Quantize", "Dequantize", "FakeQuantize", "QuantizedConvolution", "QuantizedDot", "RangeToScale", "RangeToZeroPoint",
		"TFQuantizedConcat",
	} {
		require.Greater(t, evaluated[name], 20, "%s was hardly ever evaluated: %v", name, evaluated)
	}
}

// randomOp returns an op with attributes that are sometimes wrong, and operands that
// would fit the right ones.
func randomOp(r *rand.Rand) (core.Op, []core.Operand) {
	types := []core.Type{core.I8, core.I8, core.I8, core.U8, core.I32, core.F32}
	typ := types[r.IntN(len(types))]
	axes := [][]int{{1}, {1}, {1}, nil, {0}, {0, 1}, {-1}, {3}}[r.IntN(8)]
	perChannel := [][]int{nil, nil, nil, {0}, {1}, {-1}}[r.IntN(6)]
	rangeIn := []core.Operand{fact(core.F32), fact(core.F32)}
	switch r.IntN(8) {
	case 0:
		return &quantization.Quantize{Type: typ, Axes: axes, RoundMode: numeric.RoundMode(r.IntN(10))}, quantizeIn
	case 1:
		return &quantization.Dequantize{Type: core.F32, Axes: axes}, dequantizeIn
	case 2:
		return &quantization.FakeQuantize{
			Levels: r.IntN(5), AutoBroadcast: quantization.AutoBroadcast(r.IntN(3)), Axis: r.IntN(4) - 2,
		}, fakeIn
	case 3:
		s := geometry.Spatial{Layout: geometry.Layout(r.IntN(3)), PadType: geometry.PadType(r.IntN(4))}
		if r.IntN(2) == 0 {
			s.Strides, s.PadBelow = []int{r.IntN(3), 1}, []int{r.IntN(4) - 1, 0}
		}
		return &linear.QuantizedConvolution{Spatial: s, Groups: r.IntN(3), OutputType: typ, FilterAxes: perChannel}, convIn
	case 4:
		return &linear.QuantizedDot{ReductionAxes: r.IntN(4) - 1, OutputType: typ, Input1Axes: perChannel}, dotIn
	case 5:
		return &quantization.RangeToScale{
			Type: typ, Rule: quantization.ScaleRule(r.IntN(6)), Largest: r.IntN(2) == 0, Divides: r.IntN(2) == 0,
		}, rangeIn
	case 6:
		return &quantization.RangeToZeroPoint{Type: typ}, rangeIn
	}
	return &tensorflow.QuantizedConcat{Axis: r.IntN(4) - 2, V1: r.IntN(2) == 0}, concatIn
}

func randomFact(r *rand.Rand) core.Fact {
	types := []core.Type{core.U8, core.I8, core.F32, core.I32, core.Dynamic, core.F64, core.String, core.Bool, core.BF16}
	shapes := []core.Shape{
		{}, {1}, {2}, {3}, {4}, {2, 3}, {4, 5}, {4, 2, 3, 3}, {1, 2, 5, 5}, {0}, {4, 0}, {-1, 2}, nil, {1 << 40, 1 << 40},
	}
	return core.Fact{Type: types[r.IntN(len(types))], Shape: shapes[r.IntN(len(shapes))]}
}

func randomTensor(r *rand.Rand, f core.Fact) *core.Tensor {
	if n, err := f.Shape.Elements(); err != nil || n > 1000 {
		f.Shape = core.Shape{}
	}
	x, err := core.NewTensor(f.Type, f.Shape)
	if err != nil {
		panic(err)
	}
	for i := range x.Len() {
		switch f.Type {
		case core.F32:
			core.Data[float32](x)[i] = []float32{
				0, 1, -1, 0.3, 1e-40, 3e38, float32(math.NaN()), float32(math.Inf(1)), float32(r.NormFloat64()),
			}[min(r.IntN(14), 8)]
		case core.F64:
			core.Data[float64](x)[i] = r.NormFloat64()
		case core.I8, core.U8:
			x.Bytes()[i] = byte(r.Uint32())
		}
	}
	return x
}
