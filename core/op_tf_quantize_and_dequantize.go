package core

import "math"

var _ = register[TFQuantizeAndDequantize]()

// TFQuantizeAndDequantize is TensorFlow's QuantizeAndDequantizeV2, V3 and V4: reals
// rounded to the levels of an integer type. Every step is rounded to float32; [lo, hi]
// are the bounds of a signed or unsigned type of NumBits, lo one more with a signed
// NarrowRange.
//
//	s  = the smaller of lo/min and hi/max that are > 0; that side decides
//	s' = min/lo or max/hi, of the side that decides
//	the other end of the range becomes lo*s' or hi*s'
//	y  = round(clamp(x, min, max) * s) * s'
//
// round is to nearest, ties to even, or floor(v + 0.5) with RoundNearestUpward. Without
// RangeGiven the range is that of x, and nothing is clamped. With an Axis each slice has
// its own range.
//
//	Inputs:  x: f32, any shape
//	         min, max: f32, [] or [1]; [dimension at Axis] with an Axis; read with RangeGiven
//	Outputs: y: f32, the shape of x
//
//	C1: NumBits is in [2, 24] (unsigned: [1, 24])
//	C2: x is f32
//	C3: RoundMode is RoundNearestTowardEven or RoundNearestUpward
//	C4: Axis is -1 (none) or an axis of x
//	R1 to R3: see tf_quantization.go; with RangeGiven
type TFQuantizeAndDequantize struct {
	SignedInput bool      `json:"signed_input"`
	NumBits     int       `json:"num_bits"`
	RangeGiven  bool      `json:"range_given"`
	RoundMode   RoundMode `json:"round_mode"`
	NarrowRange bool      `json:"narrow_range,omitempty"`
	Axis        int       `json:"axis"` // -1 for none
}

// InputNames names the inputs.
func (op *TFQuantizeAndDequantize) InputNames() []string { return tfRangeInputs }

// Infer checks C1 to C4 and R1 to R3.
func (op *TFQuantizeAndDequantize) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	least := 1
	if op.SignedInput {
		least = 2
	}
	switch {
	case op.NumBits < least || op.NumBits > 24:
		return nil, Violation("C1", -1, "num_bits: got %d, want in [%d, 24]", op.NumBits, least)
	case op.RoundMode != RoundNearestTowardEven && op.RoundMode != RoundNearestUpward:
		return nil, Violation("C3", -1, "round mode: got %v, want %v or %v", op.RoundMode, RoundNearestTowardEven, RoundNearestUpward)
	}
	if err := wantType("C2", in, 0, F32); err != nil {
		return nil, err
	}
	channels, err := sliceAxis("C4", op.Axis, in[0].Shape)
	if err != nil {
		return nil, err
	}
	if !op.RangeGiven {
		return []Fact{{F32, in[0].Shape}}, nil
	}
	if op.Axis >= 0 {
		if err := wantChannels(in, 1, 2, channels); err != nil {
			return nil, err
		}
	}
	return []Fact{{F32, in[0].Shape}}, inferTFRange(in, 1, 2, channels)
}

// Eval rounds each element.
func (op *TFQuantizeAndDequantize) Eval(in, out []*Tensor) error {
	ranges, err := op.ranges(in)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, F32, in[0].shape); err != nil {
		return err
	}
	functions := make([]func(float32) float32, len(ranges))
	for c, r := range ranges {
		functions[c] = op.function(r)
	}
	x, y := Data[float32](in[0]), Data[float32](out[0])
	eachSlice(in[0].shape, op.Axis, func(i, c int) { y[i] = functions[c](x[i]) })
	return nil
}

// ranges returns the ranges given, or those of the slices of x.
func (op *TFQuantizeAndDequantize) ranges(in []*Tensor) ([]tfRange, error) {
	if op.RangeGiven {
		return readRanges(in[1], in[2], 1, 2)
	}
	n := 1
	if op.Axis >= 0 {
		n = in[0].shape[op.Axis]
	}
	ranges := make([]tfRange, n)
	for c := range ranges {
		ranges[c] = tfRange{float32(math.Inf(1)), float32(math.Inf(-1))}
	}
	x := Data[float32](in[0])
	eachSlice(in[0].shape, op.Axis, func(i, c int) {
		ranges[c] = tfRange{min(ranges[c].min, x[i]), max(ranges[c].max, x[i])}
	})
	return ranges, nil
}

func (op *TFQuantizeAndDequantize) function(r tfRange) func(x float32) float32 {
	lo, hi := float32(0), float32(int(1)<<op.NumBits-1)
	if op.SignedInput {
		hi = float32(int(1)<<(op.NumBits-1) - 1)
		lo = -hi - 1
		if op.NarrowRange {
			lo = -hi
		}
	}
	fromMin, fromMax := float32(math.MaxFloat32), float32(math.MaxFloat32)
	if lo*r.min > 0 {
		fromMin = lo / r.min
	}
	if hi*r.max > 0 {
		fromMax = hi / r.max
	}
	scale, back := fromMax, r.max/hi
	if fromMin < fromMax {
		scale, back = fromMin, r.min/lo
		r.max = hi * back
	} else {
		r.min = lo * back
	}
	return func(x float32) float32 {
		if op.RangeGiven {
			x = clipTo(x, r)
		}
		v := float32(x * scale)
		if op.RoundMode == RoundNearestUpward {
			return floor32(v+0.5) * back
		}
		return float32(math.RoundToEven(float64(v))) * back
	}
}
