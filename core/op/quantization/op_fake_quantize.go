package quantization

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
)

var _ = core.Register[FakeQuantize]("FakeQuantize")

// AutoBroadcast says how operands with fewer dimensions are broadcast to the data.
type AutoBroadcast uint8

// The broadcasts of nGraph's AutoBroadcastType.
const (
	BroadcastNumpy AutoBroadcast = iota // align the last dimensions; 1 matches any size
	BroadcastPDPD                       // align dimension 0 of the operand with an axis of the data
	numAutoBroadcasts
)

var autoBroadcastNames = [numAutoBroadcasts]string{"NUMPY", "PDPD"}

// String returns nGraph's name.
func (b AutoBroadcast) String() string { return enum.Name(b, autoBroadcastNames[:]) }

// MarshalText writes the name, which stands for the AutoBroadcast in JSON.
func (b AutoBroadcast) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText parses nGraph's name.
func (b *AutoBroadcast) UnmarshalText(t []byte) error {
	return enum.Parse(b, string(t), "broadcast", autoBroadcastNames[:])
}

// FakeQuantize rounds reals to a number of levels of an input range and maps them to
// an output range, all in the data's type, every step rounded to it.
//
//	x = min(input_high, max(input_low, data))
//	q = ROUND((x - input_low) / ((input_high - input_low) / (Levels-1)))   ties away from zero
//	y = q * ((output_high - output_low) / (Levels-1)) + output_low
//
//	Inputs:  data: f32 or f64, any shape
//	         input_low, input_high, output_low, output_high: the data's type, shapes that
//	         broadcast to the data's
//	Outputs: y: the data's type and shape
//
//	C1: Levels is in [2, 2^24]
//	C2: all inputs are f32 or f64, of one type
//	C3: the ranges broadcast to the data's shape: NUMPY, or PDPD with Axis, whose -1 means
//	    that the last dimensions are aligned
//	C4: the ranges are finite, and input_high - input_low so far from 0 that it can be
//	    divided into Levels-1 steps
//
// It is nGraph's op::v0::FakeQuantize. nGraph 0.26 accepted scalars and vectors of
// data.shape[1] elements only, which is PDPD with Axis 1.
type FakeQuantize struct {
	Levels        int           `json:"levels"`
	AutoBroadcast AutoBroadcast `json:"auto_broadcast"`
	Axis          int           `json:"axis,omitempty"` // of PDPD
}

// InputNames names the inputs.
func (op *FakeQuantize) InputNames() []string {
	return []string{"data", "input_low", "input_high", "output_low", "output_high"}
}

// Infer checks C1 to C4.
func (op *FakeQuantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
	}
	if op.Levels < 2 || op.Levels > 1<<24 {
		return nil, core.Violation("C1", -1, "levels: got %d, want in [2, %d]", op.Levels, 1<<24)
	}
	if op.AutoBroadcast >= numAutoBroadcasts || op.Axis < -1 {
		return nil, core.Violation("C3", -1, "got broadcast %v with axis %d, want NUMPY, or PDPD with an axis >= -1",
			op.AutoBroadcast, op.Axis)
	}
	data := in[0].Fact
	for i, o := range in {
		if !isReal(o.Type) || !o.Type.Compatible(data.Type) {
			return nil, core.Violation("C2", i, "got type %v, want f32 or f64, one type for all inputs: %v", o.Type, data.Type)
		}
		data.Type = max(data.Type, o.Type)
	}
	for i, o := range in[1:] {
		aligned, ok := op.aligned(o.Shape, data.Shape)
		if !ok || !broadcastsTo(aligned, data.Shape) {
			return nil, core.Violation("C3", 1+i, "got shape %v, want one that broadcasts (%v, axis %d) to the data's %v",
				o.Shape, op.AutoBroadcast, op.Axis, data.Shape)
		}
		if o.Const != nil {
			if err := checkFinite(o.Const, 1+i); err != nil {
				return nil, err
			}
		}
	}
	low, high := in[1].Const, in[2].Const
	if low != nil && high != nil && low.Shape().Equal(high.Shape()) {
		if err := op.checkSteps(low.Float64s(), high.Float64s(), roundTo(low.Type())); err != nil {
			return nil, err
		}
	}
	return []core.Fact{data}, nil
}

// aligned returns an operand's shape with dimensions of 1 appended, so that it is aligned with the last dimensions
// of the data; false if it does not fit.
func (op *FakeQuantize) aligned(s, data core.Shape) (core.Shape, bool) {
	if op.AutoBroadcast == BroadcastNumpy || !s.Ranked() || !data.Ranked() || len(s) == 0 || op.Axis == -1 {
		return s, true
	}
	behind := len(data) - op.Axis - len(s)
	if behind < 0 {
		return nil, false
	}
	return append(s.Clone(), slices.Repeat(core.Shape{1}, behind)...), true
}

// broadcastsTo reports whether a shape may broadcast to another without changing it.
func broadcastsTo(s, to core.Shape) bool {
	if !s.Ranked() || !to.Ranked() {
		return true
	}
	if len(s) > len(to) {
		return false
	}
	for i, d := range s {
		t := to[len(to)-len(s)+i]
		if d != 1 && d != t && d != core.Unknown && t != core.Unknown {
			return false
		}
	}
	return true
}

func checkFinite(t *core.Tensor, input int) error {
	for _, v := range t.Float64s() {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return core.Violation("C4", input, "got %v, want finite numbers", v)
		}
	}
	return nil
}

func (op *FakeQuantize) checkSteps(low, high []float64, round func(float64) float64) error {
	for i := range low {
		if step := round(round(high[i]-low[i]) / float64(op.Levels-1)); step == 0 || math.IsInf(step, 0) {
			return core.Violation("C4", 2, "got the input range [%v, %v] at element %d, want one that %d levels can divide",
				low[i], high[i], i, op.Levels)
		}
	}
	return nil
}

// Eval is the plain loop.
func (op *FakeQuantize) Eval(in, out []*core.Tensor) error {
	var ranges [4][]float64
	for i, t := range in[1:] {
		if err := checkFinite(t, 1+i); err != nil {
			return err
		}
		aligned, _ := op.aligned(t.Shape(), in[0].Shape())
		r, err := t.Reshaped(aligned)
		if err != nil {
			return err
		}
		if r, err = elements.BroadcastTensor(r, in[0].Shape()); err != nil {
			return err
		}
		ranges[i] = r.Float64s()
	}
	il, ih, ol, oh := ranges[0], ranges[1], ranges[2], ranges[3]
	round := roundTo(in[0].Type())
	if err := op.checkSteps(il, ih, round); err != nil {
		return err
	}
	steps := float64(op.Levels - 1)
	y := make([]float64, in[0].Len())
	for i, x := range in[0].Float64s() {
		if !(x > il[i]) { // NaN counts as low
			x = il[i]
		}
		x = min(ih[i], x)
		q := math.Round(round(round(x-il[i]) / round(round(ih[i]-il[i])/steps)))
		step := round(round(oh[i]-ol[i]) / steps)
		y[i] = round(round(q*step) + ol[i])
	}
	setFloats(out[0], y)
	return nil
}
