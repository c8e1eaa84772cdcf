package normalize

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[BatchNorm]("BatchNorm")

// BatchNormOrder says in which order a BatchNorm computes, with r = 1 / sqrt(variance + Epsilon). Every step is rounded
// on its own, but for the last two of Normalized.
type BatchNormOrder uint8

// The orders.
const (
	Folded     BatchNormOrder = iota // x*k + (offset - mean*k), k = scale * r, r rounded once
	Centered                         // (x - mean)*k + offset, k = scale / sqrt(variance + Epsilon)
	Normalized                       // (x - mean)*r * scale + offset: a product and a sum that are rounded once
	numBatchNormOrders
)

var batchNormOrderNames = [numBatchNormOrders]string{Folded: "folded", Centered: "centered", Normalized: "normalized"}

// String returns the name.
func (o BatchNormOrder) String() string { return enum.Name(o, batchNormOrderNames[:]) }

// MarshalText returns the name.
func (o BatchNormOrder) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name.
func (o *BatchNormOrder) UnmarshalText(b []byte) error {
	return enum.Parse(o, string(b), "order of a batch normalization", batchNormOrderNames[:])
}

// BatchNorm is batch normalization with known statistics (inference), in f32.
//
//	y = (x - mean[c]) / sqrt(variance[c] + Epsilon) * scale[c] + offset[c]
//
// in the order that Order says.
//
//	Inputs:  x: f32, [N, C, ...] or [N, ..., C] by Layout
//	         scale, offset, mean, variance: f32, [C]
//	Outputs: y: f32, the shape of x
//
//	C1: all inputs are f32
//	C2: x has rank 2 or more
//	C3: scale, offset, mean and variance have shape [C]
//	C4: Epsilon is finite and >= 0
//	C5: Order is one of the orders
//
// It is nGraph's op::v0::BatchNormInference, and TensorFlow's FusedBatchNorm with
// is_training false: oneDNN computes Normalized where the channels are the last axis and
// a multiple of 4, else Centered.
type BatchNorm struct {
	Layout  geometry.Layout `json:"layout"`
	Epsilon float32         `json:"epsilon"`
	Order   BatchNormOrder  `json:"order,omitempty"`
}

// InputNames names the inputs.
func (op *BatchNorm) InputNames() []string {
	return []string{"x", "scale", "offset", "mean", "variance"}
}

// Infer checks C1 to C5.
func (op *BatchNorm) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
	}
	if op.Order >= numBatchNormOrders {
		return nil, core.Violation("C5", -1, "order: got %v, want one of %q", op.Order, batchNormOrderNames)
	}
	if e := float64(op.Epsilon); !(e >= 0) || math.IsInf(e, 0) {
		return nil, core.Violation("C4", -1, "epsilon: got %v, want finite and >= 0", op.Epsilon)
	}
	for i, o := range in {
		if !o.Type.Compatible(core.F32) {
			return nil, core.Violation("C1", i, "got type %v, want f32", o.Type)
		}
	}
	s := in[0].Shape
	channels := core.Shape{core.Unknown}
	if s.Ranked() {
		if len(s) < 2 {
			return nil, core.Violation("C2", 0, "got shape %v, want rank 2 or more", s)
		}
		channels = core.Shape{s[op.Layout.ChannelAxis(len(s))]}
	}
	for i, o := range in[1:] {
		merged, ok := channels.Merge(o.Shape)
		if !ok {
			return nil, core.Violation("C3", i+1, "got shape %v, want %v", o.Shape, channels)
		}
		channels = merged
	}
	out := s.Clone()
	if s.Ranked() {
		out[op.Layout.ChannelAxis(len(s))] = channels[0]
	}
	return []core.Fact{{Type: core.F32, Shape: out}}, nil
}

// Eval is the plain loop.
func (op *BatchNorm) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	if err := elements.Ensure(out, 0, core.F32, s); err != nil {
		return err
	}
	var p [4][]float32
	for i := range p {
		p[i] = core.Data[float32](in[i+1])
	}
	less, factor, scale, offset := op.Steps(p[0], p[1], p[2], p[3])
	axis := op.Layout.ChannelAxis(len(s))
	inner := core.Shape(s[axis+1:]).MustElements()
	y := core.Data[float32](out[0])
	for i, x := range core.Data[float32](in[0]) {
		c := i / inner % len(offset)
		if less != nil {
			x -= less[c]
		}
		if scale != nil {
			y[i] = numeric.FMA32(x*factor[c], scale[c], offset[c])
		} else {
			y[i] = float32(x*factor[c]) + offset[c]
		}
	}
	return nil
}

// Steps returns the numbers of each channel with which x becomes (x - less)*factor*scale + offset. less is nil where
// nothing is subtracted. Without scale, which is nil, the product is rounded before offset is added, else after that.
func (op *BatchNorm) Steps(scale, offset, mean, variance []float32) (less, factor, scales, offsets []float32) {
	factor, offsets = make([]float32, len(scale)), slices.Clone(offset)
	for c, v := range variance {
		switch root := math.Sqrt(float64(v + op.Epsilon)); op.Order {
		case Normalized:
			factor[c] = 1 / float32(root)
		case Centered:
			factor[c] = scale[c] / float32(root)
		default:
			factor[c] = scale[c] * float32(1/root)
			offsets[c] -= float32(mean[c] * factor[c])
		}
	}
	switch op.Order {
	case Normalized:
		return mean, factor, scale, offsets
	case Centered:
		return mean, factor, nil, offsets
	}
	return nil, factor, nil, offsets
}

// Rows are along the channels, if they are the last axis.
func (op *BatchNorm) Rows(x core.Shape) (trait.Rows, bool) {
	if op.Layout != geometry.NHWC {
		return trait.Rows{}, false
	}
	return trait.RowsOf(x, -1, op, false)
}

// Transformation returns k and the offset, each computed in float64 and rounded once.
func (op *BatchNorm) Transformation(at int, others [][]float32) (factor, offset []float32) {
	if at != 0 || op.Layout != geometry.NHWC || len(others) != 4 {
		return nil, nil
	}
	scale, shift, mean, variance := others[0], others[1], others[2], others[3]
	factor, offset = make([]float32, len(scale)), make([]float32, len(scale))
	for c := range factor {
		k := float64(scale[c]) / math.Sqrt(float64(variance[c])+float64(op.Epsilon))
		factor[c], offset[c] = float32(k), float32(float64(shift[c])-float64(float64(mean[c])*k))
	}
	return factor, offset
}

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *BatchNorm) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }

// ChannelLayout returns Layout.
func (op *BatchNorm) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *BatchNorm) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *BatchNorm) LayoutRoles(in []core.Fact) []trait.LayoutRole { return trait.DataRoles(in) }
