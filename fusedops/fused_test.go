package fusedops_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/fusedops"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
)

// random returns random bytes, an i32 bias, or scales that let some results saturate.
func random(r *rand.Rand, t core.Type, dims ...int) *core.Tensor {
	x, err := core.NewTensor(t, append(core.Shape{}, dims...))
	if err != nil {
		panic(err)
	}
	for i := range x.Len() {
		switch t {
		case core.F32:
			core.Data[float32](x)[i] = 0.001 + r.Float32()*0.01
		case core.I32:
			core.Data[int32](x)[i] = int32(r.IntN(20001)) - 10000
		default:
			x.Bytes()[i] = byte(r.Uint32())
		}
	}
	return x
}

// TestFusedEqualsDecomposed covers all types of operands, scales per channel and layouts.
func TestFusedEqualsDecomposed(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	nhwc := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 1}, PadBelow: []int{1, 0}, PadAbove: []int{0, 2}}
	for _, data := range []core.Type{core.I8, core.U8} {
		for _, filters := range []core.Type{core.I8, core.U8} {
			for _, relu := range []bool{false, true} {
				for _, scale := range [][]int{{}, {1}, {6}} {
					factors := []*core.Tensor{random(r, data, 2, 5, 4, 4), random(r, filters, 3, 3, 2, 6)}
					bias, s, sumScale := random(r, core.I32, 6), random(r, core.F32, scale...), random(r, core.F32, 1)
					with := func(more ...*core.Tensor) []*core.Tensor {
						return append(append([]*core.Tensor{}, factors...), more...)
					}
					sum := random(r, data, 2, 2, 4, 6)
					equal(t, &fusedops.QuantizedConvolutionBias{Spatial: nhwc, Groups: 2, WithRelu: relu},
						with(bias, s))
					equal(t, &fusedops.QuantizedConvolutionBiasAdd{Spatial: nhwc, Groups: 2, WithRelu: relu},
						with(bias, sum, s, sumScale))
					equal(t, &fusedops.QuantizedConvolutionBiasSignedAdd{Spatial: nhwc, Groups: 2, WithRelu: true},
						with(bias, random(r, core.I8, 2, 2, 4, 6), s, sumScale))
					equal(t, &fusedops.QuantizedConvolutionRelu{Spatial: nhwc, Groups: 2}, with(s))
					for _, requantize := range []bool{false, true} {
						equal(t, &fusedops.QuantizedDotBias{WithRelu: relu, Requantize: requantize},
							[]*core.Tensor{random(r, data, 3, 7), random(r, filters, 6, 7), bias, s})
					}
				}
			}
		}
	}
}

func equal(t *testing.T, op core.Decomposer, in []*core.Tensor) {
	t.Helper()
	want, err := core.EvalOp(op, in)
	require.NoError(t, err)
	got, err := ngraphtest.Evaluate(in, ngraphtest.Parameters, op.Decompose)
	require.NoError(t, err)
	ngraphtest.Equal(t, want[0], got[0])
}

func fact(t core.Type, dims ...int) core.Fact {
	return core.Fact{Type: t, Shape: append(core.Shape{}, dims...)}
}

func TestConstraints(t *testing.T) {
	conv := []core.Fact{fact(core.U8, 1, 2, 5, 5), fact(core.I8, 4, 2, 3, 3), fact(core.I32, 4), fact(core.F32)}
	add := []core.Fact{conv[0], conv[1], conv[2], fact(core.I8, 1, 4, 3, 3), conv[3], fact(core.F32)}
	dot := []core.Fact{fact(core.U8, 2, 3), fact(core.I8, 4, 3), fact(core.I32, 4), fact(core.F32)}
	with := func(in []core.Fact, i int, f core.Fact) []core.Fact {
		out := append([]core.Fact{}, in...)
		out[i] = f
		return out
	}
	for _, tt := range []struct {
		want string
		op   core.Op
		in   []core.Fact
	}{
		{
			"input 1 (filters): got type f32, want i8 or u8 (QuantizedConvolutionBias-C1)",
			&fusedops.QuantizedConvolutionBias{},
			with(conv, 1, fact(core.F32, 4, 2, 3, 3)),
		},
		{
			"input 2 (bias): got i32[3], want i32[4] (QuantizedConvolutionBias-C2)",
			&fusedops.QuantizedConvolutionBias{},
			with(conv, 2, fact(core.I32, 3)),
		},
		{
			"input 2 (bias): got f32[4], want i32[4] (QuantizedConvolutionBias-C2)",
			&fusedops.QuantizedConvolutionBias{},
			with(conv, 2, fact(core.F32, 4)),
		},
		{
			"input 3 (scale): got f32[2], want f32 of shape [], [1] or [4] (QuantizedConvolutionBias-C3)",
			&fusedops.QuantizedConvolutionBias{},
			with(conv, 3, fact(core.F32, 2)),
		},
		{"got 3 inputs, want 4", &fusedops.QuantizedConvolutionBias{}, conv[:3]},
		{
			"input 2 (bias): got i32[3], want i32[4] (QuantizedConvolutionBiasAdd-C2)",
			&fusedops.QuantizedConvolutionBiasAdd{},
			with(add, 2, fact(core.I32, 3)),
		},
		{
			"input 3 (sum): got i8[1,4,3,2], want one of [i8 u8] of shape [1,4,3,3] (QuantizedConvolutionBiasAdd-C4)",
			&fusedops.QuantizedConvolutionBiasAdd{},
			with(add, 3, fact(core.I8, 1, 4, 3, 2)),
		},
		{
			"input 5 (sum_scale): got f32[4], want f32 of shape [] or [1] (QuantizedConvolutionBiasAdd-C5)",
			&fusedops.QuantizedConvolutionBiasAdd{},
			with(add, 5, fact(core.F32, 4)),
		},
		{
			"input 3 (sum): got u8[1,4,3,3], want one of [i8] of shape [1,4,3,3] " +
				"(QuantizedConvolutionBiasSignedAdd-C4)",
			&fusedops.QuantizedConvolutionBiasSignedAdd{WithRelu: true},
			with(add, 3, fact(core.U8, 1, 4, 3, 3)),
		},
		{
			"got no ReLU, want WithRelu (QuantizedConvolutionBiasSignedAdd-C6)",
			&fusedops.QuantizedConvolutionBiasSignedAdd{},
			add,
		},
		{
			"input 0 (data): got type i32, want i8 or u8 (QuantizedConvolutionRelu-C1)",
			&fusedops.QuantizedConvolutionRelu{},
			[]core.Fact{fact(core.I32, 1, 2, 5, 5), conv[1], conv[3]},
		},
		{
			"input 2 (scale): got f64[], want f32 of shape [], [1] or [4] (QuantizedConvolutionRelu-C3)",
			&fusedops.QuantizedConvolutionRelu{},
			[]core.Fact{conv[0], conv[1], fact(core.F64)},
		},
		{
			"input 0 (data): got shape [2,3,1], want a matrix (QuantizedDotBias-C1)",
			&fusedops.QuantizedDotBias{},
			with(dot, 0, fact(core.U8, 2, 3, 1)),
		},
		{
			"cannot reduce axes [3] of [2,3] with axes [5] of [5,4] (QuantizedDotBias-C1)",
			&fusedops.QuantizedDotBias{},
			with(dot, 1, fact(core.I8, 4, 5)),
		},
		{
			"input 2 (bias): got i32[5], want i32[4] (QuantizedDotBias-C2)",
			&fusedops.QuantizedDotBias{},
			with(dot, 2, fact(core.I32, 5)),
		},
		{
			"input 3 (scale): got f32[5], want f32 of shape [], [1] or [4] (QuantizedDotBias-C3)",
			&fusedops.QuantizedDotBias{},
			with(dot, 3, fact(core.F32, 5)),
		},
	} {
		t.Run(tt.want, func(t *testing.T) {
			in := make([]core.Value, len(tt.in))
			for i, f := range tt.in {
				n, err := core.NewNode(&core.Parameter{Type: f.Type, Shape: f.Shape})
				require.NoError(t, err)
				in[i] = n.Out(0)
			}
			_, err := core.NewNode(tt.op, in...)
			require.EqualError(t, err, core.OpName(tt.op)+": "+tt.want)
			require.ErrorAs(t, err, new(*core.OpError))
		})
	}
}

func TestPartialShapes(t *testing.T) {
	op := &fusedops.QuantizedConvolutionBiasAdd{Spatial: geometry.Spatial{Layout: geometry.NHWC}}
	out, err := op.Infer([]core.Operand{
		{Fact: fact(core.U8, -1, 5, -1, 2)}, {Fact: fact(core.I8, 3, 3, 2, 4)}, {}, {}, {}, {},
	})
	require.NoError(t, err)
	require.Equal(t, fact(core.I8, -1, 3, -1, 4), out[0])
	out, err = op.Infer(make([]core.Operand, 6))
	require.NoError(t, err)
	require.Equal(t, core.Fact{Type: core.I8}, out[0])
}
