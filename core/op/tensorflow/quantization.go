package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// This file has the conversions between reals and quantized values that several of TensorFlow's ops share, in
// TensorFlow's exact arithmetic (quantization_utils.h), and the validation of ranges. rha rounds to nearest, ties away
// from zero; n is 2 to the number of bits of the type. Subnormal float32 count as 0, in ranges and in every result,
// since TensorFlow's threads flush them.

// rangeOf is a range of reals of a type.
type rangeOf[T float32 | float64] struct{ min, max T }

// tfRange is the range of reals that the values of a type represent.
type tfRange rangeOf[float32]

// steps returns n and the lowest value of a quantized type.
func steps(t core.Type) (n, lowest float64) {
	lo, hi := t.Bounds()
	return float64(hi-lo) + 1, float64(lo)
}

// adjusted returns (max-min)*(n/(n-1)).
func (r tfRange) adjusted(n float64) float64 {
	return float64(r.max-r.min) * (n / (n - 1))
}

// floatToQuantizedUnclamped is TensorFlow's function of that name:
// rha(x*k) - rha(min*k) + lowest with k = n / ((max-min)*(n/(n-1))), in float64; lowest
// if min == max.
func (r tfRange) floatToQuantizedUnclamped(x float32, t core.Type) float64 {
	n, lowest := steps(t)
	if r.min == r.max {
		return lowest
	}
	k := n / r.adjusted(n)
	return math.Round(float64(x)*k) - math.Round(float64(r.min)*k) + lowest
}

// floatToQuantized is floatToQuantizedUnclamped, clamped to the type.
func (r tfRange) floatToQuantized(x float32, t core.Type) int64 {
	lo, hi := t.Bounds()
	return numeric.Saturate(r.floatToQuantizedUnclamped(x, t), lo, hi)
}

// quantizedToFloat returns a function for the values of a type:
// f32(base + (q-lowest)*k), k = ((max-min)*(n/(n-1)))/n in float64 and
// base = rha(min/k)*k in float32; min if min == max.
func (r tfRange) quantizedToFloat(t core.Type) func(q int64) float32 {
	if r.min == r.max {
		return func(int64) float32 { return r.min }
	}
	n, lowest := steps(t)
	k := r.adjusted(n) / n
	k32 := numeric.Flushed(float32(k))
	base := float64(numeric.Flushed(rha32(r.min/k32) * k32))
	return func(q int64) float32 {
		return numeric.Flushed(float32(base + float64((float64(q)-lowest)*k)))
	}
}

// eigenDequantize returns DEQUANTIZE_WITH_EIGEN, in float32: k = (max-min)/(n-1),
// base = rha(min/k)*k (min if min == max); (base - lowest*k) + q*k.
func (r tfRange) eigenDequantize(t core.Type) func(q int64) float32 {
	k, base := r.eigenLine(t)
	return func(q int64) float32 { return numeric.Flushed(base + numeric.Flushed(float32(q)*k)) }
}

// eigenLine returns k and base - lowest*k of DEQUANTIZE_WITH_EIGEN.
func (r tfRange) eigenLine(t core.Type) (k, base float32) {
	n, lowest := steps(t)
	k = numeric.Flushed(float32(float64(r.max-r.min) / (n - 1)))
	base = r.min
	if r.max != r.min {
		base = numeric.Flushed(rha32(r.min/k) * k)
	}
	return k, numeric.Flushed(base - numeric.Flushed(float32(lowest)*k))
}

// eigenQuantize returns QUANTIZE_WITH_EIGEN, in float32: k = (n-1)/(max-min) (0 if
// equal), m = rha(min*k); clamp(rha(x*k) - (m - lowest)). The upper bound of i32 is the
// largest float32 below 2^31. Where an intermediate result is NaN, the result is the lowest value.
func (r tfRange) eigenQuantize(t core.Type) func(x float32) int64 {
	lo, _ := t.Bounds()
	return r.eigenQuantizeOr(t, lo)
}

// eigenQuantizeOr is like eigenQuantize, with another result where an intermediate result is NaN.
func (r tfRange) eigenQuantizeOr(t core.Type, ofNaN int64) func(x float32) int64 {
	k, offset := r.eigenScale(t)
	lo, hi := t.Bounds()
	if t == core.I32 {
		hi = numeric.LargestFloatI32
	}
	return func(x float32) int64 {
		v := float64(rha32(x*k) - offset)
		if math.IsNaN(v) {
			return ofNaN
		}
		return numeric.Saturate(v, lo, hi)
	}
}

// eigenScale returns k and m - lowest of QUANTIZE_WITH_EIGEN.
func (r tfRange) eigenScale(t core.Type) (k, offset float32) {
	n, lowest := steps(t)
	if r.max != r.min {
		k = float32((n - 1) / float64(r.max-r.min))
	}
	return k, rha32(r.min*k) - float32(lowest)
}

// requantizeInNewRange returns the composition of FloatToQuantized and QuantizedToFloat.
func (r tfRange) requantizeInNewRange(from core.Type, to tfRange, t core.Type) func(q int64) int64 {
	real := r.quantizedToFloat(from)
	return func(q int64) int64 { return to.floatToQuantized(real(q), t) }
}

// level returns the difference of the reals that two adjacent integers represent: (max-min)/(highest-lowest).
func (r tfRange) level(t core.Type) float32 {
	lo, hi := t.Bounds()
	return numeric.Flushed((r.max - r.min) / float32(hi-lo))
}

// productRange returns the range of the i32 products of values of two ranges.
func productRange(a tfRange, ta core.Type, b tfRange, tb core.Type) tfRange {
	one := numeric.Flushed(a.level(ta) * b.level(tb))
	return tfRange{one * -(1 << 31), one * (1 << 31)}
}

// magnitude returns A(min, max) = max(|min|, |max|).
func (r tfRange) magnitude() float32 { return max(numeric.Abs32(r.min), numeric.Abs32(r.max)) }

// truncateToInt64 is the CPU's conversion that TensorFlow's integer arithmetic relies on: a number that does not fit
// gives -2^63.
func truncateToInt64(x float64) int64 {
	if !(x >= -(1<<63) && x < 1<<63) {
		return math.MinInt64
	}
	return int64(x)
}

// The constraints on range inputs that all ops of TensorFlow's min/max family share:
//
//	R1: min and max are f32
//	R2: min and max have shape [] or [1]; or [C] where the op says so
//	R3: min and max are finite; min <= max where TensorFlow insists on it: in QuantizeV2, QuantizeAndDequantize
//	    without an axis, and the requested range of Requantize
//
// R3 is checked immediately for constants, and always at run time. Elsewhere TensorFlow's formulas take a min above
// the max as it is, and a width is negative then.

// inferTFRange checks R1 and R2, and R3 for constants, of the range at inputs i and j.
// channels is the C of a range of [C]; noChannels if there is none.
func inferTFRange(in []core.Operand, i, j, channels int) error {
	return inferRangeOf(in, i, j, channels, core.F32)
}

// inferOrdered is like inferTFRange for a range of another type, with min <= max.
func inferOrdered(in []core.Operand, i, j, channels int, typ core.Type) error {
	err := inferRangeOf(in, i, j, channels, typ)
	if err != nil || in[i].Const == nil || in[j].Const == nil {
		return err
	}
	if typ == core.F64 {
		_, err = readOrdered[float64](in[i].Const, in[j].Const, i, j)
	} else {
		_, err = readOrdered[float32](in[i].Const, in[j].Const, i, j)
	}
	return err
}

// inferRangeOf is like inferTFRange for a range of another type.
func inferRangeOf(in []core.Operand, i, j, channels int, typ core.Type) error {
	for _, k := range []int{i, j} {
		o := in[k]
		if !o.Type.Compatible(typ) {
			return core.Violation("R1", k, "got type %v, want %v", o.Type, typ)
		}
		if !rangeShape(o.Shape, channels) {
			if channels == noChannels {
				return core.Violation("R2", k, "got shape %v, want [] or [1]", o.Shape)
			}
			return core.Violation("R2", k, "got shape %v, want [] or %v", o.Shape, core.Shape{channels})
		}
	}
	if channels != noChannels && !in[i].Shape.Compatible(in[j].Shape) {
		return core.Violation("R2", j, "got shape %v, want min's %v", in[j].Shape, in[i].Shape)
	}
	if in[i].Const == nil || in[j].Const == nil {
		return nil
	}
	var err error
	if in[i].Const.Type() == core.F64 {
		_, err = readRangesOf[float64](in[i].Const, in[j].Const, i, j)
	} else {
		_, err = readRangesOf[float32](in[i].Const, in[j].Const, i, j)
	}
	return err
}

const noChannels = -2

func rangeShape(s core.Shape, channels int) bool {
	return s.Compatible(core.Shape{}) || s.Compatible(core.Shape{1}) || channels != noChannels &&
		s.Compatible(core.Shape{channels})
}

// readRanges returns the ranges that inputs i and j hold, and checks R3.
func readRanges(minT, maxT *core.Tensor, i, j int) ([]tfRange, error) {
	ranges, err := readRangesOf[float32](minT, maxT, i, j)
	if err != nil {
		return nil, err
	}
	out := make([]tfRange, len(ranges))
	for c, r := range ranges {
		out[c] = tfRange{numeric.Flushed(r.min), numeric.Flushed(r.max)}
	}
	return out, nil
}

func readRangesOf[T float32 | float64](minT, maxT *core.Tensor, i, j int) ([]rangeOf[T], error) {
	mins, maxs := core.Data[T](minT), core.Data[T](maxT)
	if len(mins) != len(maxs) || len(mins) == 0 {
		return nil, core.Violation("R2", j, "got %d elements, want as many as min's %d, at least one", len(maxs), len(mins))
	}
	out := make([]rangeOf[T], len(mins))
	for c, mn := range mins {
		for k, v := range []T{mn, maxs[c]} {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, core.Violation("R3", []int{i, j}[k], "got %v, want a finite number", v)
			}
		}
		out[c] = rangeOf[T]{mn, maxs[c]}
	}
	return out, nil
}

// readOrdered is like readRangesOf, with min <= max.
func readOrdered[T float32 | float64](minT, maxT *core.Tensor, i, j int) ([]rangeOf[T], error) {
	ranges, err := readRangesOf[T](minT, maxT, i, j)
	for _, r := range ranges {
		if r.min > r.max {
			return nil, core.Violation("R3", i, "got min %v > max %v, want min <= max", r.min, r.max)
		}
	}
	return ranges, err
}

// readRange is like readRanges for a range of one element.
func readRange(in []*core.Tensor, i, j int) (tfRange, error) {
	r, err := readRanges(in[i], in[j], i, j)
	if err != nil {
		return tfRange{}, err
	}
	return r[0], nil
}

// setRange stores a range in two scalar outputs.
func setRange(out []*core.Tensor, i int, r tfRange) {
	core.Data[float32](out[i])[0], core.Data[float32](out[i+1])[0] = r.min, r.max
}

// rangeConstants returns the constant outputs of an op whose output range, outputs 1 and 2, is known.
func rangeConstants(r tfRange) ([]*core.Tensor, error) {
	minOut, err := core.TensorOf(core.Shape{}, []float32{r.min})
	if err != nil {
		return nil, err
	}
	maxOut, err := core.TensorOf(core.Shape{}, []float32{r.max})
	return []*core.Tensor{nil, minOut, maxOut}, err
}

// rangeFacts returns the facts of an output and of its scalar range.
func rangeFacts(t core.Type, s core.Shape) []core.Fact {
	return []core.Fact{{Type: t, Shape: s}, {Type: core.F32, Shape: core.Shape{}}, {Type: core.F32, Shape: core.Shape{}}}
}

// eachSlice calls f with every flat index of a shape and its index on an axis; 0 for
// axis -1.
func eachSlice(s core.Shape, axis int, f func(i, c int)) {
	n, inner := 1, s.MustElements()
	if axis >= 0 {
		n, inner = s[axis], core.Shape(s[axis+1:]).MustElements()
	}
	if n*inner == 0 {
		return
	}
	for i := 0; i < s.MustElements(); {
		for c := range n {
			for range inner {
				f(i, c)
				i++
			}
		}
	}
}

// sliceAxis checks TensorFlow's axis attribute, -1 for none, against a shape, and
// returns the number of ranges: noChannels for one of shape [] or [1].
func sliceAxis(constraint string, axis int, s core.Shape) (channels int, err error) {
	switch {
	case axis == -1:
		return noChannels, nil
	case axis < -1 || axis >= core.MaxRank || s.Ranked() && axis >= len(s):
		return 0, core.Violation(constraint, -1, "axis: got %d for shape %v, want -1 (none) or an axis", axis, s)
	case !s.Ranked():
		return core.Unknown, nil
	}
	return s[axis], nil
}

// rha32 is rha in float32.
func rha32(x float32) float32 { return float32(math.Round(float64(x))) }

// truncateToInt32 is like truncateToInt64 for int32.
func truncateToInt32(x float64) int64 {
	if !(x > -(1<<31)-1 && x < 1<<31) {
		return math.MinInt32
	}
	return int64(x)
}
