package quantization

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[RangeToZeroPoint]("RangeToZeroPoint")

// RangeToZeroPoint is the quantized value that stands for 0 in the range [min, max]:
// TensorFlow's FloatToQuantized(0; min, max), not clamped, in double arithmetic,
//
//	r = (max - min) * (n / (n-1)), k = n / r with n = 256
//	zero_point = lowest - rha(min * k); lowest if min == max
//
// rha rounds ties away from zero. Subnormal float32 count as 0.
//
//	Inputs:  min: f32 or f64, []
//	         max: min's type, []
//	Outputs: zero_point: Type, or i32 with Wide; []
//
//	C1: min and max are f32 or f64, of one type
//	C2: min and max have shape []
//	C3: Type is i8 or u8
//	C4: min and max are finite, and min <= max but with Computed
//	C5: the zero point is one of the output's values
//
// TensorFlow's QuantizedConv2D and QuantizedMatMul on quint8 filters use it. The zero point of a range that does not
// contain 0 is outside the type.
type RangeToZeroPoint struct {
	Type core.Type `json:"type"`
	Wide bool      `json:"wide,omitempty"`

	// Computed accepts a min above the max, as RangeToScale's does.
	Computed bool `json:"computed,omitempty"`
}

// InputNames names the inputs.
func (op *RangeToZeroPoint) InputNames() []string { return rangeInputs }

// Infer checks C1 to C3, and C4 and C5 for constants.
func (op *RangeToZeroPoint) Infer(in []core.Operand) ([]core.Fact, error) {
	fact, err := inferRange(in, op.Type)
	switch {
	case err != nil:
		return nil, err
	case op.Type == core.I32:
		return nil, core.Violation("C3", -1, "type: got i32, want i8 or u8")
	case !fact.Shape.Compatible(core.Shape{}):
		return nil, core.Violation("C2", -1, "got a range of shape %v, want []", fact.Shape)
	}
	if in[0].Const != nil && in[1].Const != nil {
		_, err = op.zeroPoint(in[0].Const, in[1].Const)
	}
	return []core.Fact{{Type: op.outType(), Shape: core.Shape{}}}, err
}

func (op *RangeToZeroPoint) outType() core.Type {
	if op.Wide {
		return core.I32
	}
	return op.Type
}

// zeroPoint computes the zero point and checks C4 and C5.
func (op *RangeToZeroPoint) zeroPoint(minT, maxT *core.Tensor) (int64, error) {
	mn, mx := minT.Float64s()[0], maxT.Float64s()[0]
	check := infer.CheckRange
	if op.Computed {
		check = infer.CheckFinite
	}
	if err := check(mn, mx, 0, 1); err != nil {
		return 0, err
	}
	if minT.Type() == core.F32 {
		mn, mx = float64(numeric.Flushed(float32(mn))), float64(numeric.Flushed(float32(mx)))
	}
	lowest, _ := op.Type.Bounds()
	zero := float64(lowest)
	if mn != mx {
		zero -= math.Round(mn * (256 / ((mx - mn) * (256.0 / 255.0))))
	}
	if lo, hi := op.outType().Bounds(); zero < float64(lo) || zero > float64(hi) {
		return 0, core.Violation(
			"C5", -1, "got the range [%v, %v], in which %v stands for 0; want one within %v", mn, mx, zero, op.outType(),
		)
	}
	return int64(zero), nil
}

// Eval computes the zero point.
func (op *RangeToZeroPoint) Eval(in, out []*core.Tensor) error {
	zero, err := op.zeroPoint(in[0], in[1])
	if err != nil {
		return err
	}
	elements.IntSetter(out[0])(0, zero)
	return nil
}
