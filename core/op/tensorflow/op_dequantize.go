package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Dequantize]("TFDequantize")

// Dequantize is TensorFlow's Dequantize. Every step is rounded to float32 on its own;
// [lo, hi] are the bounds of q's type, n = hi-lo+1.
//
//	MIN_COMBINED: (q + half)*((max-min)/(hi-lo)) + min, half = n/2 if signed, else 0
//	MIN_FIRST:    s = (max-min)/(n-1), rm = rha(min/s)*s; (rm - lo*s) + q*s
//	SCALED:       q*s, s = max/hi if unsigned, else max(min/lo', max/hi),
//	              lo' = lo + 1 with NarrowRange, which other modes do not read
//
// oneDNN, which computes u8 without an Axis, treats it as signed if NarrowRange is set: lo' is 1.
// With an Axis each slice has its own range; SCALED i32 of a single slice that float32 rounds to
// 2^31 counts as -2^31 then.
//
//	Inputs:  q: i8, u8, i16, u16 or i32, any shape
//	         min: f32, [] or [1]; [dimension at Axis] with an Axis
//	         max: f32, min's shape
//	Outputs: y: OutType (bf16 rounds to nearest even), the shape of q
//
//	C1: Mode is one of the modes; OutType is f32 or bf16
//	C2: q is i8, u8, i16, u16 or i32
//	C4: Axis is -1 (none) or an axis of q, of one slice with MIN_FIRST
//	R1 to R3: see quantization.go
type Dequantize struct {
	Mode        QuantizeMode `json:"mode"`
	Axis        int          `json:"axis"` // -1 for none
	NarrowRange bool         `json:"narrow_range,omitempty"`
	OutType     core.Type    `json:"out_type"`
}

// InputNames names the inputs.
func (op *Dequantize) InputNames() []string { return []string{"q", "min", "max"} }

// Infer checks C1 to C4 and R1 to R3.
func (op *Dequantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	switch {
	case op.Mode >= numQuantizeModes:
		return nil, core.Violation("C1", -1, "unknown mode %d", op.Mode)
	case op.OutType != core.F32 && op.OutType != core.BF16:
		return nil, core.Violation("C1", -1, "output type: got %v, want f32 or bf16", op.OutType)
	}
	if err := infer.WantType("C2", in, 0, core.I8, core.U8, core.I16, core.U16, core.I32); err != nil {
		return nil, err
	}
	channels, err := modeAxis(op.Mode, op.Axis, in[0].Shape)
	if err != nil {
		return nil, err
	}
	if err := inferTFRange(in, 1, 2, channels); err != nil {
		return nil, err
	}
	if op.Axis >= 0 {
		if err := wantChannels(in, 1, 2, channels); err != nil {
			return nil, err
		}
	}
	return []core.Fact{{Type: op.OutType, Shape: in[0].Shape}}, nil
}

// Eval dequantizes each slice.
func (op *Dequantize) Eval(in, out []*core.Tensor) error {
	ranges, err := readRanges(in[1], in[2], 1, 2)
	if err != nil {
		return err
	}
	functions := make([]func(int64) float32, len(ranges))
	for c, r := range ranges {
		functions[c] = op.function(in[0].Type(), r)
	}
	if err := elements.Ensure(out, 0, op.OutType, in[0].Shape()); err != nil {
		return err
	}
	q := in[0].Int64s()
	if op.Mode == Scaled && in[0].Type() == core.I32 && op.Axis >= 0 && len(ranges) == 1 {
		for i, v := range q {
			if v > numeric.LargestFloatI32+63 {
				q[i] = math.MinInt32
			}
		}
	}
	y := make([]float32, len(q))
	eachSlice(in[0].Shape(), op.Axis, func(i, c int) { y[i] = functions[c](q[i]) })
	elements.SetFloat32s(out[0], y)
	return nil
}

// DequantizedAxis returns the axis along which scales differ.
func (op *Dequantize) DequantizedAxis() (axis int, ok bool) { return op.Axis, true }

// Elements is trait.FirstElements if all elements have the same scale.
func (op *Dequantize) Elements() trait.Elements {
	return trait.ElementsOfSlices(op.DequantizedAxis())
}

// Rows are along the last axis, if that is the axis along which scales differ.
func (op *Dequantize) Rows(x core.Shape) (trait.Rows, bool) {
	if op.Axis < 0 {
		return trait.Rows{}, false
	}
	c := *op
	c.Axis = 1
	return trait.RowsOf(x, op.Axis, &c, false)
}

// ElementCost is at most the cost of a product.
func (op *Dequantize) ElementCost(core.Type) (cost int, ok bool) { return 1, true }

// function returns the function that dequantizes the values of a range.
func (op *Dequantize) function(t core.Type, r tfRange) func(q int64) float32 {
	if op.Mode == MinFirst {
		return r.eigenDequantize(t)
	}
	l := op.linear(t, r)
	if op.Mode == MinCombined {
		return func(q int64) float32 {
			return numeric.Flushed(numeric.Flushed((float32(q)+l.Half)*l.Scale) + l.Base)
		}
	}
	return func(q int64) float32 { return numeric.Flushed(float32(q) * l.Scale) }
}

// Linear holds the parameters of MIN_COMBINED and SCALED for one range: y is (q+Half)*Scale + Base, and q*Scale.
type Linear struct {
	Half, Scale, Base float32
}

// linear returns the parameters of a range.
func (op *Dequantize) linear(t core.Type, r tfRange) Linear {
	lo, hi := t.Bounds()
	if op.Mode == MinCombined {
		l := Linear{Scale: numeric.Flushed((r.max - r.min) / (float32(hi) - float32(lo))), Base: r.min}
		if t.IsSigned() {
			l.Half = float32(float64(hi-lo+1) / 2)
		}
		return l
	}
	s := r.max / float32(hi)
	if op.NarrowRange {
		lo++
	}
	if t.IsSigned() || op.NarrowRange && t == core.U8 && op.Axis == -1 {
		s = float32(math.Max(float64(r.min/float32(lo)), float64(s)))
	}
	return Linear{Scale: numeric.Flushed(s)}
}

// Linear returns the parameters for bytes, for each slice; false for MIN_FIRST, and for ranges so narrow that subnormal
// numbers matter.
func (op *Dequantize) Linear(t core.Type, minT, maxT *core.Tensor) ([]Linear, bool) {
	const least = 0x1p-80
	if op.Mode == MinFirst || t.Size() != 1 {
		return nil, false
	}
	ranges, err := readRanges(minT, maxT, 1, 2)
	if err != nil {
		return nil, false
	}
	all := make([]Linear, len(ranges))
	for i, r := range ranges {
		l := op.linear(t, r)
		if !(l.Scale > least) || l.Base != 0 && numeric.Abs32(l.Base) <= least {
			return nil, false
		}
		all[i] = l
	}
	return all, true
}
