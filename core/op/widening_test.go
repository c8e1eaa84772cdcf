package op_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/enginetest"
)

// Of every pair of these bits an op that widens gives what it gives in f32, rounded.
var halves = []uint16{
	0, 0x8000, 1, 0x8001, 0x007F, 0x03FF, 0x0400, 0x3C00, 0x3F80, 0xBF80, 0xBC00, 0x3E80, 0x4049, 0xC0A0, 0x7BFF, 0x7F7F,
	0x7C00, 0xFC00, 0x7E00, 0x7F80, 0xFF80, 0x7FC0, 0x1234, 0x9ABC, 0x40E0, 0x4700,
}

// wideningOps returns an op with every choice of its attributes that matters, for all ops that widen.
func wideningOps() (all []core.Op) {
	for a := numeric.Identity; a <= numeric.GeluExact; a++ {
		all = append(all, &pointwise.Activate{Activation: a, Alpha: 0.1})
	}
	for f := pointwise.Abs; f <= pointwise.Invert; f++ {
		all = append(all, &pointwise.Unary{Function: f})
	}
	for f := pointwise.TruncateDivide; f <= pointwise.RightShift; f++ {
		all = append(all, &pointwise.Binary{Function: f})
	}
	for r := pointwise.Equal; r <= pointwise.GreaterEqual; r++ {
		all = append(all, &pointwise.Compare{Relation: r})
	}
	for c := pointwise.NaN; c <= pointwise.Finite; c++ {
		all = append(all, &pointwise.Is{Class: c})
	}
	for _, t := range []core.Type{core.Bool, core.U8, core.I16, core.I32, core.I64, core.BF16, core.F16, core.F64} {
		all = append(all, &pointwise.Convert{Type: t})
	}
	for _, axis := range []int{1, 2} {
		r, c := reduce.Reduction{Axes: []int{axis}}, reduce.Cumulative{Axis: axis}
		all = append(all,
			&reduce.Sum{Reduction: r}, &reduce.Mean{Reduction: r}, &reduce.Prod{Reduction: r}, &reduce.Max{Reduction: r},
			&reduce.Min{Reduction: r}, &reduce.CumSum{Cumulative: c}, &reduce.CumProd{Cumulative: c},
			&reduce.CumLogSumExp{Cumulative: c},
			&reduce.ArgMax{Axis: axis, Type: core.I32}, &reduce.ArgMin{Axis: axis, Type: core.I64},
			&normalize.Softmax{Axis: axis})
	}
	return append(all,
		&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}, &pointwise.Divide{}, &pointwise.FloorDivide{},
		&pointwise.FloorMod{}, &pointwise.Maximum{}, &pointwise.Minimum{}, &pointwise.Power{},
		&pointwise.SquaredDifference{}, &pointwise.Clamp{Lo: -0.1, Hi: 1e5}, &normalize.LogSoftmax{},
		&pooling.AvgPool{Spatial: geometry.Spatial{Layout: geometry.NHWC}, Window: []int{3}})
}

func TestOpsThatWidenAreThoseOfF32(t *testing.T) {
	tested := map[string]bool{}
	for _, typ := range []core.Type{core.BF16, core.F16} {
		a, b := []byte{}, []byte{}
		for _, x := range halves {
			for _, y := range halves {
				a, b = binary.LittleEndian.AppendUint16(a, x), binary.LittleEndian.AppendUint16(b, y)
			}
		}
		x, y := overHalves(t, typ, a), overHalves(t, typ, b)
		for _, op := range wideningOps() {
			in := []*core.Tensor{x, y}
			if _, err := core.EvalOp(op, in[:1]); err == nil {
				in = in[:1]
			} else if _, err := core.EvalOp(op, in); err != nil {
				continue // it is for integers
			}
			c, converts := op.(*pointwise.Convert)
			if tested[core.OpName(op)] = true; widens(op) && !(converts && c.Type == typ) {
				checkWidens(t, op, in...)
			}
		}
		for _, c := range wideningCases(t, x) {
			tested[core.OpName(c.op)] = true
			checkWidens(t, c.op, c.in...)
		}
	}
	for _, name := range core.OpNames() {
		op, err := core.NewOp(name)
		require.NoError(t, err)
		assert.True(t, tested[name] || !widens(op), name)
	}
}

// wideningCase is an op that widens, and takes inputs of other types too.
type wideningCase struct {
	op core.Op
	in []*core.Tensor
}

func wideningCases(t *testing.T, x *core.Tensor) (all []wideningCase) {
	one := func(v *core.Tensor, err error) *core.Tensor {
		require.NoError(t, err)
		return v
	}
	n := len(halves)
	images := one(core.TensorOver(x.Type(), core.Shape{1, n, n, 1}, x.Bytes()))
	size := one(core.TensorOf(core.Shape{2}, []int32{40, 17}))
	boxes := one(core.TensorOf(core.Shape{1, 4}, []float32{0, 0.1, 0.9, 1}))
	index := one(core.TensorOf(core.Shape{1}, []int32{0}))
	scale := one(core.TensorOf(core.Shape{2}, []float32{0.7, 1.3}))
	move := one(core.TensorOf(core.Shape{2}, []float32{0.25, -1}))
	all = append(all,
		wideningCase{&vision.Resize{}, []*core.Tensor{images, size}},
		wideningCase{&vision.Resize{Mode: vision.ResizeBicubic}, []*core.Tensor{images, size}},
		wideningCase{&vision.CropAndResize{}, []*core.Tensor{images, boxes, index, size}},
		wideningCase{&vision.CropAndResize{Nearest: true}, []*core.Tensor{images, boxes, index, size}},
		wideningCase{&vision.ResizeArea{}, []*core.Tensor{images, size}},
		wideningCase{&vision.ScaleAndTranslate{Kernel: vision.KeysCubic}, []*core.Tensor{images, size, scale, move}},
	)
	rows := one(core.TensorOver(x.Type(), core.Shape{n, n}, x.Bytes()))
	at := make([]int32, n) // each index three times
	for i := range at {
		at[i] = int32(i * 3 % n / 3)
	}
	indices := one(core.TensorOf(core.Shape{n, 1}, at))
	for m := indexing.ScatterAdd; m <= indexing.ScatterMax; m++ {
		all = append(all, wideningCase{&indexing.ScatterND{Mode: m}, []*core.Tensor{rows, indices, rows}})
	}
	return all
}

func widens(op core.Op) bool {
	w, ok := op.(trait.Widening)
	return ok && w.Widens()
}

func overHalves(t *testing.T, typ core.Type, data []byte) *core.Tensor {
	x, err := core.TensorOver(typ, core.Shape{1, len(halves), len(halves)}, data)
	require.NoError(t, err)
	return x
}

func checkWidens(t *testing.T, op core.Op, in ...*core.Tensor) {
	typ := in[0].Type()
	wide := make([]*core.Tensor, len(in))
	for i, x := range in {
		if wide[i] = x; x.Type().IsHalf() {
			wide[i] = eval(t, &pointwise.Convert{Type: core.F32}, x)
		}
	}
	want := eval(t, op, in...)
	got := eval(t, op, wide...)
	if want.Type() == typ {
		got = eval(t, &pointwise.Convert{Type: typ}, got)
	}
	assert.True(t, enginetest.Equal(want, got), "%T %+v of %v", op, op, typ)
}
