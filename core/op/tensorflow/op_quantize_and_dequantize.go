package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[QuantizeAndDequantize]("TFQuantizeAndDequantize")

// QuantizeAndDequantize is TensorFlow's QuantizeAndDequantize, V2, V3 and V4: it rounds reals to the levels of an
// integer type. Every step is rounded to x's type, and subnormal numbers, read or computed, count as 0. [lo, hi]
// are the bounds of a signed or unsigned integer of NumBits bits; lo is one larger if it is signed and NarrowRange
// is set.
//
//	s  = the smaller of lo/min and hi/max that are > 0; that side decides
//	s' = min/lo or max/hi, of the side that decides
//	the other end of the range becomes lo*s' or hi*s'
//	y  = round(clamp(x, min, max) * s) * s'
//
// round is to nearest, ties to even, or floor(v + 0.5) with RoundNearestUpward. Without RangeGiven the range is that
// of x, and nothing is clamped. With an Axis each slice has its own range. With RangeGiven NaN counts as min; without,
// it makes the whole slice NaN. TensorFlow's results for NaN depend on the width of its vectors.
//
//	Inputs:  x: f32 or f64, any shape
//	         min, max: x's type, [] or [1]; [dimension at Axis] with an Axis; read with RangeGiven
//	         num_bits: i32, []; replaces NumBits, which must be 0 then; may be left out
//	Outputs: y: x's type and shape
//
//	C1: NumBits, or num_bits, is in [1, 61] (unsigned: [1, 62])
//	C2: x is f32 or f64
//	C3: RoundMode is RoundNearestTowardEven or RoundNearestUpward
//	C4: Axis is -1 (none) or an axis of x
//	C5: num_bits is i32 of shape []; NumBits is 0 if it is there
//	R1 to R3: see quantization.go; only with RangeGiven
type QuantizeAndDequantize struct {
	SignedInput bool              `json:"signed_input"`
	NumBits     int               `json:"num_bits"` // 0 if the input num_bits is there
	RangeGiven  bool              `json:"range_given"`
	RoundMode   numeric.RoundMode `json:"round_mode"`
	NarrowRange bool              `json:"narrow_range,omitempty"`
	Axis        int               `json:"axis"` // -1 for none
}

var quantizeAndDequantizeInputs = []string{"x", "min", "max", "num_bits"}

// InputNames names the inputs.
func (op *QuantizeAndDequantize) InputNames() []string { return quantizeAndDequantizeInputs }

// Infer checks C1 to C5 and R1 to R3.
func (op *QuantizeAndDequantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 3 && len(in) != 4 {
		return nil, core.Violation("", -1, "got %d inputs, want 3, or 4 with num_bits", len(in))
	}
	if err := op.inferBits(in); err != nil {
		return nil, err
	}
	if op.RoundMode != numeric.RoundNearestTowardEven && op.RoundMode != numeric.RoundNearestUpward {
		return nil, core.Violation("C3", -1, "round mode: got %v, want %v or %v",
			op.RoundMode, numeric.RoundNearestTowardEven, numeric.RoundNearestUpward)
	}
	if err := infer.WantType("C2", in, 0, core.F32, core.F64); err != nil {
		return nil, err
	}
	channels, err := sliceAxis("C4", op.Axis, in[0].Shape)
	if err != nil {
		return nil, err
	}
	if !op.RangeGiven {
		return []core.Fact{in[0].Fact}, nil
	}
	if op.Axis >= 0 {
		if err := wantChannels(in, 1, 2, channels); err != nil {
			return nil, err
		}
		return []core.Fact{in[0].Fact}, inferRangeOf(in, 1, 2, channels, in[0].Type)
	}
	return []core.Fact{in[0].Fact}, inferOrdered(in, 1, 2, channels, in[0].Type)
}

// inferBits checks C5, and C1 as far as the number is known.
func (op *QuantizeAndDequantize) inferBits(in []core.Operand) error {
	if len(in) == 3 {
		return op.checkBits(int64(op.NumBits), -1)
	}
	switch bits := in[3]; {
	case op.NumBits != 0:
		return core.Violation("C5", -1, "num_bits: got %d beside an input that says it, want 0", op.NumBits)
	case !bits.Type.Compatible(core.I32) || !bits.Shape.Compatible(core.Shape{}):
		return core.Violation("C5", 3, "got %v, want i32 of shape []", bits.Fact)
	case bits.Const != nil:
		return op.checkBits(bits.Const.Int64s()[0], 3)
	}
	return nil
}

// checkBits checks C1 for a number from an input, or from the attribute (-1).
func (op *QuantizeAndDequantize) checkBits(bits int64, input int) error {
	most := int64(62)
	if op.SignedInput {
		most = 61
	}
	switch {
	case bits >= 1 && bits <= most:
		return nil
	case input < 0:
		return core.Violation("C1", -1, "num_bits: got %d, want in [1, %d]", bits, most)
	}
	return core.Violation("C1", input, "got %d, want in [1, %d]", bits, most)
}

// Eval rounds each element.
func (op *QuantizeAndDequantize) Eval(in, out []*core.Tensor) error {
	if len(in) == 4 {
		bits := in[3].Int64s()[0]
		if err := op.checkBits(bits, 3); err != nil {
			return err
		}
		known := *op
		known.NumBits = int(bits)
		op = &known
	}
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	if in[0].Type() == core.F64 {
		return roundToLevels[float64](op, in, out[0], math.MaxFloat64)
	}
	return roundToLevels[float32](op, in, out[0], math.MaxFloat32)
}

// Elements is trait.FirstElements if a single range is given.
func (op *QuantizeAndDequantize) Elements() trait.Elements {
	if op.Axis == -1 && op.RangeGiven {
		return trait.FirstElements
	}
	return trait.NoElements
}

func roundToLevels[T float32 | float64](
	op *QuantizeAndDequantize, in []*core.Tensor, out *core.Tensor, largest T,
) error {
	ranges, err := levelRanges[T](op, in)
	if err != nil {
		return err
	}
	functions := make([]func(T) T, len(ranges))
	for c, r := range ranges {
		functions[c] = levelFunction(op, r, largest)
	}
	x, y := core.Data[T](in[0]), core.Data[T](out)
	eachSlice(in[0].Shape(), op.Axis, func(i, c int) { y[i] = functions[c](x[i]) })
	return nil
}

// levelRanges returns the ranges given, or those of the slices of x.
func levelRanges[T float32 | float64](op *QuantizeAndDequantize, in []*core.Tensor) ([]rangeOf[T], error) {
	switch {
	case op.RangeGiven && op.Axis >= 0:
		return readRangesOf[T](in[1], in[2], 1, 2)
	case op.RangeGiven:
		return readOrdered[T](in[1], in[2], 1, 2)
	}
	n := 1
	if op.Axis >= 0 {
		n = in[0].Shape()[op.Axis]
	}
	ranges := make([]rangeOf[T], n)
	for c := range ranges {
		ranges[c] = rangeOf[T]{T(math.Inf(1)), T(math.Inf(-1))}
	}
	x := core.Data[T](in[0])
	eachSlice(in[0].Shape(), op.Axis, func(i, c int) {
		ranges[c] = rangeOf[T]{min(ranges[c].min, x[i]), max(ranges[c].max, x[i])}
	})
	return ranges, nil
}

// levels returns the bounds of the integer type.
func (op *QuantizeAndDequantize) levels() (lo, hi int64) {
	if !op.SignedInput {
		return 0, 1<<op.NumBits - 1
	}
	hi = 1<<(op.NumBits-1) - 1
	if op.NarrowRange {
		return -hi, hi
	}
	return -hi - 1, hi
}

func levelFunction[T float32 | float64](op *QuantizeAndDequantize, r rangeOf[T], largest T) func(x T) T {
	r, scale, back := levelScales(op, r, largest)
	return func(x T) T {
		if op.RangeGiven {
			x = clipTo(x, r.min, r.max)
		}
		v := float64(normal(T(normal(x) * scale)))
		if op.RoundMode == numeric.RoundNearestUpward {
			return T(math.Floor(float64(T(v)+0.5))) * back
		}
		return T(math.RoundToEven(v)) * back
	}
}

// levelScales returns the range that x is clipped to, and the factors before and after rounding.
func levelScales[T float32 | float64](
	op *QuantizeAndDequantize, r rangeOf[T], largest T,
) (to rangeOf[T], scale, back T) {
	least, most := op.levels()
	lo, hi := T(least), T(most)
	r = rangeOf[T]{normal(r.min), normal(r.max)}
	fromMin, fromMax := largest, largest
	if T(lo*r.min) > 0 {
		fromMin = lo / r.min
	}
	if T(hi*r.max) > 0 {
		fromMax = hi / r.max
	}
	scale, back = fromMax, normal(r.max/hi)
	if fromMin < fromMax {
		scale, back = fromMin, normal(r.min/lo)
		r.max = T(hi * back)
	} else {
		r.min = T(lo * back)
	}
	return r, normal(scale), back
}

// normal returns x, or a zero with the sign of x if x is subnormal.
func normal[T float32 | float64](x T) T {
	if v, ok := any(x).(float32); ok {
		return T(numeric.Flushed(v))
	}
	if math.Abs(float64(x)) < 0x1p-1022 {
		return T(math.Copysign(0, float64(x)))
	}
	return x
}

// Levels holds the parameters of QuantizeAndDequantize for one range: the bounds of x, those of the integers, and the
// factors before and after rounding.
type Levels struct {
	Lo, Hi, Least, Most, Scale, Back float32
}

// newLevels returns the parameters for a range.
func (op *QuantizeAndDequantize) newLevels(r rangeOf[float32]) Levels {
	least, most := op.levels()
	r, scale, back := levelScales(op, r, math.MaxFloat32)
	return Levels{Lo: r.min, Hi: r.max, Least: float32(least), Most: float32(most), Scale: scale, Back: back}
}

// Levels returns the parameters for each given range of f32; false if a range is so narrow that subnormal elements
// matter.
func (op *QuantizeAndDequantize) Levels(minT, maxT *core.Tensor) ([]Levels, bool) {
	if !op.RangeGiven || op.NumBits == 0 {
		return nil, false
	}
	ranges, err := levelRanges[float32](op, []*core.Tensor{nil, minT, maxT})
	if err != nil {
		return nil, false
	}
	all := make([]Levels, len(ranges))
	for i, r := range ranges {
		if all[i] = op.newLevels(r); !(all[i].Scale < 0x1p100) {
			return nil, false
		}
	}
	return all, true
}

// ComputedLevels returns the parameters for f32 data, or for a slice of it, whose smallest and largest elements are low
// and high, if no range is given.
func (op *QuantizeAndDequantize) ComputedLevels(low, high float32) (Levels, bool) {
	if op.RangeGiven || op.NumBits == 0 {
		return Levels{}, false
	}
	return op.newLevels(rangeOf[float32]{low, high}), true
}
