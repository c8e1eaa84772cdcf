package tensorflow

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[RequantizationRangePerChannel]("TFRequantizationRangePerChannel")

// RequantizationRangePerChannel is TensorFlow's op of that name: the range that covers what every channel uses. It is
// symmetric if any element is negative.
//
//	a[c] = (largest |f32(x)| of channel c) * A(min[c], max[c]) / 2^31
//	u    = min(max(max a, 2^-126), ClipValueMax)
//	range (-u, u) if any x < 0, else (0, u)
//
// A channel whose largest |f32(x)| is 2^31, which does not fit into TensorFlow's int32, is left out of a, and counts
// as negative if f32(x) is 2^31 for all its elements. Accumulators that are all 0 have the range (0, 2^-126).
//
//	Inputs:  x: i32, [..., C]
//	         min, max: f32, [C], or [] or [1] for all channels
//	Outputs: min, max: f32, []
//
//	C1: ClipValueMax is not NaN
//	C2: x is i32, of rank 1 or more
//	R1 to R3: see quantization.go
type RequantizationRangePerChannel struct {
	ClipValueMax float32 `json:"clip_value_max"`
}

// InputNames names the inputs.
func (op *RequantizationRangePerChannel) InputNames() []string { return tfRangeInputs }

// Infer checks C1, C2 and R1 to R3.
func (op *RequantizationRangePerChannel) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if op.ClipValueMax != op.ClipValueMax {
		return nil, core.Violation("C1", -1, "clip_value_max: got NaN, want a number")
	}
	if err := inferPerChannel(in); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.F32, Shape: core.Shape{}}, {Type: core.F32, Shape: core.Shape{}}}, nil
}

// Eval finds the extremes.
func (op *RequantizationRangePerChannel) Eval(in, out []*core.Tensor) error {
	ranges, err := readRanges(in[1], in[2], 1, 2)
	if err != nil {
		return err
	}
	x := core.Data[int32](in[0])
	largest, least := make([]float32, len(ranges)), make([]float32, len(ranges))
	for c := range least {
		least[c] = math.MaxFloat32
	}
	eachChannel(in[0].Shape(), len(ranges), func(i, c int) {
		largest[c] = max(largest[c], numeric.Abs32(float32(x[i])))
		least[c] = min(least[c], float32(x[i]))
	})
	negative := slices.ContainsFunc(least, func(v float32) bool { return v < 0 || v == 1<<31 })
	var used float32 = numeric.LeastNormal
	for c, v := range largest {
		if v < 1<<31 {
			used = max(used, float32(v*ranges[c].magnitude())/(1<<31))
		}
	}
	r := tfRange{0, min(used, op.ClipValueMax)}
	if negative {
		r.min = -r.max
	}
	setRange(out, 0, r)
	return nil
}
