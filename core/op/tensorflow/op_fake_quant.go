package tensorflow

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[FakeQuant]("TFFakeQuant")

// FakeQuant is TensorFlow's FakeQuantWithMinMaxArgs, -Vars and -VarsPerChannel: it rounds reals to the levels of a
// quantized type. Every step is rounded to float32; lo is 0, or 1 with NarrowRange, and hi = 2^NumBits - 1.
//
//	scale = (max - min) / (hi - lo)
//	zero  = rha(lo - min/scale) within [lo, hi]; lo where both are 0, as a subnormal scale is
//	nmin  = (lo - zero) * scale, nmax = (hi - zero) * scale, inv = (hi - lo) / (max - min)
//	qzero = floor(0.5 - nmin*inv)
//	y     = floor(v - qzero + 0.5) * scale; 0 if min = max = 0; NaN of NaN
//	v     = (clamp(x, nmin, nmax) - nmin) * inv, or that / scale with Divides
//
//	Inputs:  x: f32, any shape; rank 1 or more with PerChannel
//	         min, max: f32, [] or [1]; [last dimension of x] with PerChannel
//	Outputs: y: f32, the shape of x
//
//	C1: NumBits is in [2, 16]
//	C2: x is f32
//	C3: min < max, or both are 0
//	R1 to R3: see quantization.go
type FakeQuant struct {
	NumBits     int  `json:"num_bits"`
	NarrowRange bool `json:"narrow_range,omitempty"`
	PerChannel  bool `json:"per_channel,omitempty"`
	Divides     bool `json:"divides,omitempty"` // divide by scale, as FakeQuantWithMinMaxVars does
}

// InputNames names the inputs.
func (op *FakeQuant) InputNames() []string { return tfRangeInputs }

// Infer checks C1 to C3 and R1 to R3.
func (op *FakeQuant) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if op.NumBits < 2 || op.NumBits > 16 {
		return nil, core.Violation("C1", -1, "num_bits: got %d, want in [2, 16]", op.NumBits)
	}
	if err := infer.WantType("C2", in, 0, core.F32); err != nil {
		return nil, err
	}
	channels := noChannels
	if op.PerChannel {
		channels = core.Unknown
		if s := in[0].Shape; s.Ranked() {
			if len(s) == 0 {
				return nil, core.Violation("C2", 0, "got shape %v, want rank 1 or more", s)
			}
			channels = s[len(s)-1]
		}
		if err := wantChannels(in, 1, 2, channels); err != nil {
			return nil, err
		}
	}
	if err := inferTFRange(in, 1, 2, channels); err != nil {
		return nil, err
	}
	if in[1].Const != nil && in[2].Const != nil {
		if _, err := op.ranges(in[1].Const, in[2].Const); err != nil {
			return nil, err
		}
	}
	return []core.Fact{{Type: core.F32, Shape: in[0].Shape}}, nil
}

// ranges returns the ranges and checks R3 and C3.
func (op *FakeQuant) ranges(minT, maxT *core.Tensor) ([]tfRange, error) {
	ranges, err := readRanges(minT, maxT, 1, 2)
	if err != nil {
		return nil, err
	}
	for _, r := range ranges {
		if r.min == r.max && r.min != 0 {
			return nil, core.Violation("C3", 1, "got the range [%v, %v], want min < max, or both 0", r.min, r.max)
		}
	}
	return ranges, nil
}

// Eval rounds each element.
func (op *FakeQuant) Eval(in, out []*core.Tensor) error {
	ranges, err := op.ranges(in[1], in[2])
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, core.F32, in[0].Shape()); err != nil {
		return err
	}
	quantizers := make([]fakeQuantizer, len(ranges))
	for c, r := range ranges {
		quantizers[c] = op.quantizer(r)
	}
	x, y := core.Data[float32](in[0]), core.Data[float32](out[0])
	if len(quantizers) == 1 {
		quantizers[0].apply(y, x)
		return nil
	}
	for i := 0; i < len(x); i += len(quantizers) {
		for c := range quantizers {
			quantizers[c].apply(y[i+c:i+c+1], x[i+c:i+c+1])
		}
	}
	return nil
}

// Elements is trait.FirstElements if all elements have the same range.
func (op *FakeQuant) Elements() trait.Elements {
	if op.PerChannel {
		return trait.NoElements
	}
	return trait.FirstElements
}

// Rows are along the last axis, along which ranges may differ.
func (op *FakeQuant) Rows(x core.Shape) (trait.Rows, bool) {
	return trait.RowsOf(x, -1, op, false)
}

// fakeQuantizer rounds the numbers of one range.
type fakeQuantizer struct {
	lo, hi, scale, inv, qzero float32
	zero, divides             bool // all become 0; divide by the scale instead of multiplying by inv
}

func (op *FakeQuant) quantizer(r tfRange) fakeQuantizer {
	if r == (tfRange{}) {
		return fakeQuantizer{zero: true}
	}
	lo, hi := float32(0), float32(int(1)<<op.NumBits-1)
	if op.NarrowRange {
		lo = 1
	}
	q := fakeQuantizer{
		scale: numeric.Flushed((r.max - r.min) / (hi - lo)), inv: (hi - lo) / (r.max - r.min),
		divides: op.Divides,
	}
	zero := rha32(lo - r.min/q.scale)
	if zero != zero { // 0/0
		zero = lo
	}
	zero = min(max(zero, lo), hi)
	q.lo, q.hi = numeric.Flushed((lo-zero)*q.scale), numeric.Flushed((hi-zero)*q.scale)
	q.qzero = arithmetic.Floor32(float32(-q.lo*q.inv) + 0.5)
	return q
}

// apply stores the rounded elements of x in y; NaN stays NaN.
func (q *fakeQuantizer) apply(y, x []float32) {
	y = y[:len(x)]
	if q.zero {
		clear(y)
		return
	}
	lo, hi, scale, inv, qzero := q.lo, q.hi, q.scale, q.inv, q.qzero
	if q.divides {
		for i, v := range x {
			if y[i] = v; v == v {
				y[i] = arithmetic.Floor32((clipTo(v, lo, hi)-lo)/scale-qzero+0.5) * scale
			}
		}
		return
	}
	for i, v := range x {
		if y[i] = v; v == v {
			y[i] = arithmetic.Floor32(float32((clipTo(v, lo, hi)-lo)*inv)-qzero+0.5) * scale
		}
	}
}

// FakeQuantSteps holds the parameters of FakeQuant for one range.
type FakeQuantSteps struct {
	Lo, Hi, Scale, Inverse, Zero float32
}

// Steps returns the parameters for each range; false if a range makes everything 0, or is invalid.
func (op *FakeQuant) Steps(minT, maxT *core.Tensor) ([]FakeQuantSteps, bool) {
	ranges, err := op.ranges(minT, maxT)
	steps := make([]FakeQuantSteps, len(ranges))
	for i, r := range ranges {
		q := op.quantizer(r)
		if q.zero {
			return nil, false
		}
		steps[i] = FakeQuantSteps{Lo: q.lo, Hi: q.hi, Scale: q.scale, Inverse: q.inv, Zero: q.qzero}
	}
	return steps, err == nil
}
