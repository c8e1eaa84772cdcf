package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[QuantizeV2]("TFQuantizeV2")

// QuantizeMode is the formula between reals and quantized values of TensorFlow's
// QuantizeV2 and Dequantize.
type QuantizeMode uint8

// The quantize modes.
const (
	MinCombined QuantizeMode = iota
	MinFirst
	Scaled
	numQuantizeModes
)

var quantizeModeNames = [numQuantizeModes]string{"MIN_COMBINED", "MIN_FIRST", "SCALED"}

// String returns TensorFlow's name.
func (m QuantizeMode) String() string { return enum.Name(m, quantizeModeNames[:]) }

// MarshalText writes the name, which stands for the QuantizeMode in JSON.
func (m QuantizeMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *QuantizeMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "quantize mode", quantizeModeNames[:])
}

// QuantizeV2 is TensorFlow's QuantizeV2. Every step is rounded to float32 on its own;
// [lo, hi] are the bounds of Type, A(mn, mx) = max(|mn|, |mx|). First the range grows:
//
//	mn = min(0, min)
//	mx = max(0, max(max, mn + EnsureMinimumRange*max(1, |mn|, |max|)))
//
// MIN_COMBINED: s = f32(f64(hi-lo)/(mx-mn)), y = (clip(x)-mn)*s; unsigned q = trunc(y + 0.5) and
// signed q = rha(y - (hi-lo+1)/2); the range out is (mn, mx).
//
// MIN_FIRST: u8 q = sat(rne(x*s - mn*s)), s = 255/(mx-mn); others q = sat(rha(x*s) -
// (rha(mn*s)-lo)), s = (hi-lo)/(mx-mn); the range out is (mn, mx).
//
// SCALED: lo' = lo + 1 with NarrowRange, else lo; s = the smaller one of lo'/mn and hi/mx that are > 0, or the largest
// float32 if neither is (lo'/s then counts as 0); q = round(clip(x)*s), where x is clipped to [lo'/s, hi/s]. The range
// out is (lo'/s, hi/s), or (0, hi/s) for u8 and u16. A product of 2^31 becomes -2^31 in i32, here and in MIN_COMBINED.
//
// SCALED of 8 bits with RoundNearestTowardEven and without NarrowRange and Axis is computed by oneDNN:
// m = A(mn, mx); u8 q = sat(rne(x*(255/m))), range out (0, m); i8 q = sat(rne(x*(127.5/m))),
// range out (-m, m). So is MIN_FIRST of u8 without NarrowRange and Axis. With Plain they follow the formulas above,
// as other types do.
//
// With an Axis each slice has its own range.
//
// NaN gives the lowest value that a finite x can give, and so does an x whose product with an infinite s is NaN.
// TensorFlow's result depends on the width of its vectors and on the position in the tensor.
//
// Subnormal numbers count as 0, and so does a subnormal x - mn of MIN_COMBINED: TensorFlow's threads flush them.
//
//	Inputs:  x: f32, any shape
//	         min: f32, [] or [1]; [dimension at Axis] with an Axis
//	         max: f32, min's shape
//	Outputs: q: Type, the shape of x
//	         min, max: f32, []; [dimension at Axis] with an Axis of more than one slice
//
//	C1: Type is i8, u8, i16, u16 or i32; Mode is one of the modes
//	C2: x is f32
//	C3: RoundMode is RoundNearestTowardInfinity or, with SCALED, RoundNearestTowardEven
//	C4: Axis is -1 (none) or an axis of x, of one slice with MIN_FIRST
//	C5: EnsureMinimumRange is finite and >= 0
//	C6: the grown range is finite, and wider than 0 with MIN_COMBINED and oneDNN's MIN_FIRST
//	R1 to R3: see quantization.go
//
// With EnsureMinimumRange 0 a range may have the width 0. Then SCALED's s is the largest float32, as if neither
// quotient were > 0, or infinite in oneDNN's form, and MIN_FIRST gives the lowest value.
type QuantizeV2 struct {
	Type               core.Type         `json:"type"`
	Mode               QuantizeMode      `json:"mode"`
	RoundMode          numeric.RoundMode `json:"round_mode"`
	NarrowRange        bool              `json:"narrow_range,omitempty"`
	Axis               int               `json:"axis"` // -1 for none
	EnsureMinimumRange float32           `json:"ensure_minimum_range"`

	// Plain never takes oneDNN's forms: TensorFlow quantizes constants that way.
	Plain bool `json:"plain,omitempty"`

	// Factor127 makes the factor of oneDNN's SCALED for i8 127/m instead of 127.5/m, as in TensorFlow up to
	// 2.8.
	Factor127 bool `json:"factor_127,omitempty"`
}

var tfRangeInputs = []string{"x", "min", "max"}

// InputNames names the inputs.
func (op *QuantizeV2) InputNames() []string { return tfRangeInputs }

// Infer checks C1 to C6 and R1 to R3.
func (op *QuantizeV2) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := op.check(); err != nil {
		return nil, err
	}
	if err := infer.WantType("C2", in, 0, core.F32); err != nil {
		return nil, err
	}
	channels, err := modeAxis(op.Mode, op.Axis, in[0].Shape)
	if err != nil {
		return nil, err
	}
	if err := inferTFRange(in, 1, 2, channels); err != nil {
		return nil, err
	}
	out := core.Shape{}
	if op.Axis >= 0 {
		if err := wantChannels(in, 1, 2, channels); err != nil {
			return nil, err
		}
		out = rangeOutShape(channels)
	}
	if in[1].Const != nil && in[2].Const != nil {
		if _, err := op.grown(in[1].Const, in[2].Const); err != nil {
			return nil, err
		}
	}
	return []core.Fact{{Type: op.Type, Shape: in[0].Shape}, {Type: core.F32, Shape: out}, {Type: core.F32, Shape: out}},
		nil
}

// modeAxis is like sliceAxis for a mode, and checks C4. MIN_FIRST allows only one slice.
func modeAxis(mode QuantizeMode, axis int, s core.Shape) (channels int, err error) {
	channels, err = sliceAxis("C4", axis, s)
	if err == nil && axis != -1 && mode == MinFirst && channels != 1 {
		err = core.Violation("C4", -1, "axis: got %d of shape %v with mode MIN_FIRST, want -1 or an axis of length 1", axis,
			s)
	}
	return channels, err
}

// rangeOutShape returns the shape of the range out of n slices: TensorFlow gives that of a
// single slice the shape [].
func rangeOutShape(n int) core.Shape {
	switch n {
	case 1:
		return core.Shape{}
	case core.Unknown:
		return nil
	}
	return core.Shape{n}
}

// wantChannels checks that a range has one element per channel, not one for all.
func wantChannels(in []core.Operand, i, j, channels int) error {
	for _, k := range []int{i, j} {
		if !in[k].Shape.Compatible(core.Shape{channels}) {
			return core.Violation("R2", k, "got shape %v, want %v", in[k].Shape, core.Shape{channels})
		}
	}
	return nil
}

func (op *QuantizeV2) check() error {
	switch e := float64(op.EnsureMinimumRange); {
	case !isTFQuantized(op.Type):
		return core.Violation("C1", -1, "type: got %v, want i8, u8, i16, u16 or i32", op.Type)
	case op.Mode >= numQuantizeModes:
		return core.Violation("C1", -1, "unknown mode %d", op.Mode)
	case op.RoundMode != numeric.RoundNearestTowardInfinity &&
		(op.RoundMode != numeric.RoundNearestTowardEven || op.Mode != Scaled):
		return core.Violation("C3", -1, "round mode: got %v with mode %v, want %v, or %v with SCALED",
			op.RoundMode, op.Mode, numeric.RoundNearestTowardInfinity, numeric.RoundNearestTowardEven)
	case !(e >= 0) || math.IsInf(e, 0):
		return core.Violation("C5", -1, "ensure_minimum_range: got %v, want finite and >= 0", op.EnsureMinimumRange)
	}
	return nil
}

func isTFQuantized(t core.Type) bool {
	return t == core.I8 || t == core.U8 || t == core.I16 || t == core.U16 || t == core.I32
}

// grown returns the widened ranges, and checks R3 and C6.
func (op *QuantizeV2) grown(minT, maxT *core.Tensor) ([]tfRange, error) {
	read, err := readOrdered[float32](minT, maxT, 1, 2)
	if err != nil {
		return nil, err
	}
	ranges := make([]tfRange, len(read))
	for i, r := range read {
		mn := min(0, numeric.Flushed(r.min)+0)
		eps := float32(op.EnsureMinimumRange * max(1, numeric.Abs32(r.min), numeric.Abs32(r.max)))
		mx := max(0, r.max, mn+eps)
		if mn == mx && !op.hasZeroWidth() || math.IsInf(float64(mx-mn), 0) {
			return nil, core.Violation("C6", -1, "got the range [%v, %v], want one of a finite width, not zero", r.min, r.max)
		}
		ranges[i] = tfRange{numeric.Flushed(mn), numeric.Flushed(mx)}
	}
	return ranges, nil
}

// hasZeroWidth reports whether TensorFlow defines the result for a range of width 0.
func (op *QuantizeV2) hasZeroWidth() bool {
	return op.Mode == Scaled || op.Mode == MinFirst && !op.isMinFirstOfOneDNN()
}

// Eval quantizes each slice.
func (op *QuantizeV2) Eval(in, out []*core.Tensor) error {
	ranges, err := op.grown(in[1], in[2])
	if err != nil {
		return err
	}
	functions := make([]func(float32) int64, len(ranges))
	for i := 1; i <= 2; i++ {
		if err := elements.Ensure(out, i, core.F32, rangeOutShape(len(ranges))); err != nil {
			return err
		}
	}
	mins, maxs := core.Data[float32](out[1]), core.Data[float32](out[2])
	for c, r := range ranges {
		var to tfRange
		functions[c], to = op.function(r)
		mins[c], maxs[c] = to.min, to.max
	}
	if err := elements.Ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	x := core.Data[float32](in[0])
	q := make([]int64, len(x))
	eachSlice(in[0].Shape(), op.Axis, func(i, c int) { q[i] = functions[c](numeric.Flushed(x[i])) })
	elements.SetInts(out[0], q)
	return nil
}

// QuantizedAxis returns the axis along which scales differ.
func (op *QuantizeV2) QuantizedAxis() (axis int, ok bool) { return op.Axis, true }

// Elements is trait.FirstElements if all elements have the same scale.
func (op *QuantizeV2) Elements() trait.Elements {
	return trait.ElementsOfSlices(op.QuantizedAxis())
}

// Rows are along the last axis, if that is the axis along which scales differ.
func (op *QuantizeV2) Rows(x core.Shape) (trait.Rows, bool) {
	if op.Axis < 0 {
		return trait.Rows{}, false
	}
	c := *op
	c.Axis = 1
	return trait.RowsOf(x, op.Axis, &c, false)
}

// ElementCost is the cost of a product that is rounded and stored.
func (op *QuantizeV2) ElementCost(core.Type) (cost int, ok bool) { return 2, true }

// Constants returns the range out if the range in is constant.
func (op *QuantizeV2) Constants(in []core.Operand) ([]*core.Tensor, error) {
	if in[1].Const == nil || in[2].Const == nil {
		return make([]*core.Tensor, 3), nil
	}
	ranges, err := op.grown(in[1].Const, in[2].Const)
	if err != nil {
		return nil, err
	}
	shape := core.Shape{}
	if op.Axis >= 0 {
		shape = rangeOutShape(len(ranges))
	}
	mins, maxs := make([]float32, len(ranges)), make([]float32, len(ranges))
	for c, r := range ranges {
		_, to := op.function(r)
		mins[c], maxs[c] = to.min, to.max
	}
	minOut, err := core.TensorOf(shape, mins)
	if err != nil {
		return nil, err
	}
	maxOut, err := core.TensorOf(shape, maxs)
	return []*core.Tensor{nil, minOut, maxOut}, err
}

// function returns the function that quantizes the values of a range, and the range out.
func (op *QuantizeV2) function(r tfRange) (func(x float32) int64, tfRange) {
	lo, hi := op.Type.Bounds()
	switch {
	case op.Mode == MinCombined:
		return op.minCombined(r), r
	case op.isMinFirstOfOneDNN():
		s := 255 / (r.max - r.min)
		shift := float32(r.min * s)
		return func(x float32) int64 {
			return numeric.Saturate(math.RoundToEven(float64(float32(x*s)-shift)), lo, hi)
		}, r
	case op.Mode == MinFirst:
		return r.eigenQuantize(op.Type), r
	case op.isScaledToEven():
		return op.scaledToEven(r)
	}
	return op.scaled(r)
}

// combinedFactor returns s of MIN_COMBINED, and half the number of integers.
func (op *QuantizeV2) combinedFactor(r tfRange) (s, half float32) {
	lo, hi := op.Type.Bounds()
	return float32(float64(hi-lo) / float64(r.max-r.min)), float32(float64(hi-lo+1) / 2)
}

// Combined holds the parameters of MIN_COMBINED for one range: q is (clip(x)-Lo)*Scale, minus Half for signed types.
type Combined struct {
	Lo, Hi, Scale, Half float32
}

// Combined returns the parameters for bytes, for each slice; false for another mode, and for a range so narrow that
// subnormal numbers matter.
func (op *QuantizeV2) Combined(minT, maxT *core.Tensor) ([]Combined, bool) {
	if op.Mode != MinCombined {
		return nil, false
	}
	return ofSlices(op, minT, maxT, func(r tfRange) (Combined, bool) {
		s, half := op.combinedFactor(r)
		// With a larger factor a subnormal difference, which must count as 0, would matter.
		return Combined{Lo: r.min, Hi: r.max, Scale: s, Half: half}, s < 0x1p100
	})
}

// First holds the parameters of MIN_FIRST in the form that rounds twice: q is rha(x*Scale) - Offset.
type First struct {
	Scale, Offset float32
}

// First returns the parameters for bytes, for each slice; false for another mode, for oneDNN's form, and for ranges so
// narrow or wide that subnormal or infinite numbers matter.
func (op *QuantizeV2) First(minT, maxT *core.Tensor) ([]First, bool) {
	if op.Mode != MinFirst || op.isMinFirstOfOneDNN() {
		return nil, false
	}
	return ofSlices(op, minT, maxT, func(r tfRange) (First, bool) {
		k, offset := r.eigenScale(op.Type)
		return First{k, offset}, k > 0x1p-100 && k < 0x1p100
	})
}

// ofSlices returns what parameters returns for each slice of a QuantizeV2 to bytes; false if any of them is false or
// there are none.
func ofSlices[T any](op *QuantizeV2, minT, maxT *core.Tensor, parameters func(r tfRange) (T, bool)) ([]T, bool) {
	if op.Type.Size() != 1 || minT == nil || maxT == nil {
		return nil, false
	}
	ranges, err := op.grown(minT, maxT)
	if err != nil {
		return nil, false
	}
	all := make([]T, len(ranges))
	for i, r := range ranges {
		var ok bool
		if all[i], ok = parameters(r); !ok {
			return nil, false
		}
	}
	return all, true
}

func (op *QuantizeV2) minCombined(r tfRange) func(x float32) int64 {
	lo, hi := op.Type.Bounds()
	s, half := op.combinedFactor(r)
	return func(x float32) int64 {
		y := float32(numeric.Flushed(clipTo(x, r.min, r.max)-r.min) * s)
		if !op.Type.IsSigned() {
			return numeric.Saturate(math.Trunc(float64(y+0.5)), lo, hi)
		}
		return op.cast(float64(rha32(y - half)))
	}
}

// clipTo returns max(min(x, hi), lo); NaN gives lo.
func clipTo[T float32 | float64](x, lo, hi T) T {
	if x > hi {
		x = hi
	}
	if x > lo {
		return x
	}
	return lo
}

// isMinFirstOfOneDNN reports whether op is oneDNN's form of MIN_FIRST.
func (op *QuantizeV2) isMinFirstOfOneDNN() bool {
	return op.Mode == MinFirst && op.Type == core.U8 && !op.NarrowRange && op.Axis == -1 && !op.Plain
}

// isScaledToEven reports whether op is oneDNN's form of SCALED.
func (op *QuantizeV2) isScaledToEven() bool {
	return op.Mode == Scaled && op.RoundMode == numeric.RoundNearestTowardEven && !op.NarrowRange &&
		op.Type.Size() == 1 && op.Axis == -1 && !op.Plain
}

func (op *QuantizeV2) scaledToEven(r tfRange) (func(x float32) int64, tfRange) {
	lo, hi := op.Type.Bounds()
	s, m := op.evenFactor(r), r.magnitude()
	to := tfRange{0, m}
	if op.Type == core.I8 {
		to.min = -m
	}
	return func(x float32) int64 { return numeric.Saturate(math.RoundToEven(float64(x*s)), lo, hi) }, to
}

// evenFactor returns the factor of scaledToEven.
func (op *QuantizeV2) evenFactor(r tfRange) float32 {
	switch {
	case op.Type == core.U8:
		return 255 / r.magnitude()
	case op.Factor127:
		return 127 / r.magnitude()
	}
	return 127.5 / r.magnitude()
}

// scaledFactor returns the factor s of SCALED, and the smallest and the largest integer.
func (op *QuantizeV2) scaledFactor(r tfRange) (s float32, lo, hi int64) {
	lo, hi = op.Type.Bounds()
	if op.NarrowRange {
		lo++
	}
	ofMin, ofMax := float32(math.MaxFloat32), float32(math.MaxFloat32)
	if float32(lo)*r.min > 0 {
		ofMin = float32(lo) / r.min
	}
	if float32(hi)*r.max > 0 {
		ofMax = float32(hi) / r.max
	}
	return min(ofMin, ofMax), lo, hi
}

func (op *QuantizeV2) scaled(r tfRange) (func(x float32) int64, tfRange) {
	s, lo, hi := op.scaledFactor(r)
	to := tfRange{numeric.Flushed(float32(lo) / s), numeric.Flushed(float32(hi) / s)}
	return func(x float32) int64 {
		return op.cast(op.RoundMode.Round(float64(clipTo(x, to.min, to.max) * s)))
	}, to
}

// cast converts a value that has been clipped to the type. The bound of i32 is 2^31 as a float32 and becomes -2^31,
// as by the CPU's conversion.
func (op *QuantizeV2) cast(x float64) int64 {
	lo, hi := op.Type.Bounds()
	if op.Type == core.I32 && x >= 1<<31 {
		return lo
	}
	return numeric.Saturate(x, lo, hi)
}

// Rounding returns the formula by which QuantizeV2 of 8 bits quantizes each number, for a single constant range;
// false for MIN_COMBINED and for the form of MIN_FIRST that rounds twice.
func (op *QuantizeV2) Rounding(minT, maxT *core.Tensor) (trait.Rounding, bool) {
	if op.Axis != -1 {
		return trait.Rounding{}, false
	}
	all, ok := op.Roundings(minT, maxT)
	if !ok {
		return trait.Rounding{}, false
	}
	return all[0], true
}

// Roundings is Rounding for each slice.
func (op *QuantizeV2) Roundings(minT, maxT *core.Tensor) ([]trait.Rounding, bool) {
	return ofSlices(op, minT, maxT, func(r tfRange) (trait.Rounding, bool) {
		q := trait.Rounding{Round: numeric.RoundNearestTowardEven}
		q.Lo, q.Hi = op.Type.Bounds()
		switch {
		case op.isMinFirstOfOneDNN():
			q.Factor = 255 / (r.max - r.min)
			q.Shift = float32(r.min * q.Factor)
		case op.isScaledToEven():
			q.Factor = op.evenFactor(r)
		case op.Mode == Scaled:
			q.Round = op.RoundMode
			q.Factor, q.Lo, q.Hi = op.scaledFactor(r)
		default:
			return q, false
		}
		// Beyond this, the bounds Lo/Factor and Hi/Factor to which SCALED clips are not exact. With a smaller
		// factor, the product with a subnormal number, which counts as 0, is 0 anyway.
		return q, q.Factor > 0x1p-100 && q.Factor < 0x1p100
	})
}
