package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[RequantizePerChannel]("TFRequantizePerChannel")

// RequantizePerChannel is TensorFlow's RequantizePerChannel: i32, with a range for
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
//	R1 to R3: see quantization.go
type RequantizePerChannel struct {
	Type core.Type `json:"type"`
}

// InputNames names the inputs.
func (op *RequantizePerChannel) InputNames() []string { return requantizeInputs }

// Infer checks C1 to C3 and R1 to R3.
func (op *RequantizePerChannel) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
	}
	if op.Type != core.I8 && op.Type != core.U8 {
		return nil, core.Violation("C1", -1, "type: got %v, want i8 or u8", op.Type)
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
func inferPerChannel(in []core.Operand) error {
	if err := infer.WantType("C2", in, 0, core.I32); err != nil {
		return err
	}
	channels := core.Unknown
	if s := in[0].Shape; s.Ranked() {
		if len(s) == 0 {
			return core.Violation("C2", 0, "got shape %v, want rank 1 or more", s)
		}
		channels = s[len(s)-1]
	}
	return inferTFRange(in, 1, 2, channels)
}

// requested returns the requested range and checks R3 and C3.
func requested(minT, maxT *core.Tensor) (tfRange, error) {
	r, err := readRanges(minT, maxT, 3, 4)
	if err != nil {
		return tfRange{}, err
	}
	if r[0].magnitude() == 0 {
		return tfRange{}, core.Violation("C3", -1, "got the requested range [0, 0], want a wider one")
	}
	return r[0], nil
}

// Constants returns the requested range if it is constant.
func (op *RequantizePerChannel) Constants(in []core.Operand) ([]*core.Tensor, error) {
	if in[3].Const == nil || in[4].Const == nil {
		return make([]*core.Tensor, 3), nil
	}
	r, err := requested(in[3].Const, in[4].Const)
	if err != nil {
		return nil, err
	}
	return rangeConstants(r)
}

// Scales returns the factors of x, one for each channel or one for all. in are the inputs of Eval; x itself is not
// read.
func (op *RequantizePerChannel) Scales(in []*core.Tensor) ([]float32, error) {
	ranges, err := readRanges(in[1], in[2], 1, 2)
	if err != nil {
		return nil, err
	}
	to, err := requested(in[3], in[4])
	if err != nil {
		return nil, err
	}
	levels := float32(127)
	if op.Type == core.U8 {
		levels = 255
	}
	scales := make([]float32, len(ranges))
	for c, r := range ranges {
		scales[c] = r.magnitude() / to.magnitude() * (levels / (1 << 31))
	}
	return scales, nil
}

// Eval requantizes each element.
func (op *RequantizePerChannel) Eval(in, out []*core.Tensor) error {
	scales, err := op.Scales(in)
	if err != nil {
		return err
	}
	to, err := requested(in[3], in[4])
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	lo, hi := op.Type.Bounds()
	q := make([]int64, out[0].Len())
	eachChannel(in[0].Shape(), len(scales), func(i, c int) {
		q[i] = numeric.Saturate(math.RoundToEven(float64(float32(core.Data[int32](in[0])[i])*scales[c])), lo, hi)
	})
	elements.SetInts(out[0], q)
	setRange(out, 1, to)
	return nil
}

// eachChannel calls f with every flat index of a shape and its index on the last axis;
// 0 if there is one range for all.
func eachChannel(s core.Shape, ranges int, f func(i, c int)) {
	axis := len(s) - 1
	if ranges == 1 {
		axis = -1
	}
	eachSlice(s, axis, f)
}
