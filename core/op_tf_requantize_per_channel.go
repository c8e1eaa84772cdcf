package core

import "math"

var _ = Register[TFRequantizePerChannel]("TFRequantizePerChannel")

// TFRequantizePerChannel is TensorFlow's RequantizePerChannel: i32, with a range for
// each channel, to Type of one range. A(mn, mx) = max(|mn|, |mx|); L is 127 for i8 and
// 255 for u8; each step is rounded to float32.
//
//	q = sat(rne(x * ((A(min[c], max[c]) / A(requested)) * (L / 2^31))))
//
//	Inputs:  x: i32, [..., C]
//	         min, max: f32, [C], or [] or [1] for all channels
//	         requested_min, requested_max: f32, [] or [1]
//	Outputs: q: Type, the shape of x
//	         min, max: f32, []: the requested range
//
//	C1: Type is i8 or u8
//	C2: x is i32, of rank 1 or more
//	C3: the requested range is not (0, 0)
//	R1 to R3: see tf_quantization.go
type TFRequantizePerChannel struct {
	Type Type `json:"type"`
}

// InputNames names the inputs.
func (op *TFRequantizePerChannel) InputNames() []string { return requantizeInputs }

// Infer checks C1 to C3 and R1 to R3.
func (op *TFRequantizePerChannel) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 5); err != nil {
		return nil, err
	}
	if op.Type != I8 && op.Type != U8 {
		return nil, Violation("C1", -1, "type: got %v, want i8 or u8", op.Type)
	}
	if err := inferPerChannel(in); err != nil {
		return nil, err
	}
	if err := inferTFRange(in, 3, 4, noChannels); err != nil {
		return nil, err
	}
	if in[3].Const != nil && in[4].Const != nil {
		if _, err := requested(in[3].Const, in[4].Const); err != nil {
			return nil, err
		}
	}
	return rangeFacts(op.Type, in[0].Shape), nil
}

// inferPerChannel checks C2, and the range at inputs 1 and 2, of an op on [..., C].
func inferPerChannel(in []Operand) error {
	if err := wantType("C2", in, 0, I32); err != nil {
		return err
	}
	channels := Unknown
	if s := in[0].Shape; s.Ranked() {
		if len(s) == 0 {
			return Violation("C2", 0, "got shape %v, want rank 1 or more", s)
		}
		channels = s[len(s)-1]
	}
	return inferTFRange(in, 1, 2, channels)
}

// requested returns the requested range and checks R3 and C3.
func requested(minT, maxT *Tensor) (tfRange, error) {
	r, err := readRanges(minT, maxT, 3, 4)
	if err != nil {
		return tfRange{}, err
	}
	if r[0].magnitude() == 0 {
		return tfRange{}, Violation("C3", -1, "got the requested range [0, 0], want a wider one")
	}
	return r[0], nil
}

// Constants returns the requested range if it is constant.
func (op *TFRequantizePerChannel) Constants(in []Operand) ([]*Tensor, error) {
	if in[3].Const == nil || in[4].Const == nil {
		return make([]*Tensor, 3), nil
	}
	r, err := requested(in[3].Const, in[4].Const)
	if err != nil {
		return nil, err
	}
	return rangeConstants(r)
}

// Scales returns what x is multiplied with, of each channel or of all, for the inputs of
// Eval, of which x is not read.
func (op *TFRequantizePerChannel) Scales(in []*Tensor) ([]float32, error) {
	ranges, err := readRanges(in[1], in[2], 1, 2)
	if err != nil {
		return nil, err
	}
	to, err := requested(in[3], in[4])
	if err != nil {
		return nil, err
	}
	levels := float32(127)
	if op.Type == U8 {
		levels = 255
	}
	scales := make([]float32, len(ranges))
	for c, r := range ranges {
		scales[c] = r.magnitude() / to.magnitude() * (levels / (1 << 31))
	}
	return scales, nil
}

// Eval requantizes each element.
func (op *TFRequantizePerChannel) Eval(in, out []*Tensor) error {
	scales, err := op.Scales(in)
	if err != nil {
		return err
	}
	to, err := requested(in[3], in[4])
	if err != nil {
		return err
	}
	if err := ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	lo, hi := op.Type.Bounds()
	q := make([]int64, out[0].Len())
	eachChannel(in[0].Shape(), len(scales), func(i, c int) {
		q[i] = Saturate(math.RoundToEven(float64(float32(Data[int32](in[0])[i])*scales[c])), lo, hi)
	})
	SetInts(out[0], q)
	setRange(out, 1, to)
	return nil
}

// eachChannel calls f with every flat index of a shape and its index on the last axis;
// 0 if there is one range for all.
func eachChannel(s Shape, ranges int, f func(i, c int)) {
	axis := len(s) - 1
	if ranges == 1 {
		axis = -1
	}
	eachSlice(s, axis, f)
}
