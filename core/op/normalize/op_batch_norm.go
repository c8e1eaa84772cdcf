package normalize

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[BatchNorm]("BatchNorm")

// BatchNorm is batch normalization with known statistics (inference), in f32; every
// step is rounded on its own.
//
//	k[c] = scale[c] * rsqrt(variance[c] + Epsilon), rsqrt rounded once
//	y    = x*k[c] + (offset[c] - mean[c]*k[c])
//
//	Inputs:  x: f32, [N, C, ...] or [N, ..., C] by Layout
//	         scale, offset, mean, variance: f32, [C]
//	Outputs: y: f32, the shape of x
//
//	C1: all inputs are f32
//	C2: x has rank 2 or more
//	C3: scale, offset, mean and variance have shape [C]
//	C4: Epsilon is finite and >= 0
//
// It is nGraph's op::v0::BatchNormInference, and TensorFlow's FusedBatchNorm with
// is_training false, whose own rsqrt may differ in the last bits.
type BatchNorm struct {
	Layout  geometry.Layout `json:"layout"`
	Epsilon float32         `json:"epsilon"`
}

// InputNames names the inputs.
func (op *BatchNorm) InputNames() []string {
	return []string{"x", "scale", "offset", "mean", "variance"}
}

// Infer checks C1 to C4.
func (op *BatchNorm) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
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
	scale, offset, mean, variance := core.Data[float32](in[1]), core.Data[float32](in[2]), core.Data[float32](in[3]),
		core.Data[float32](in[4])
	k, shift := make([]float32, len(scale)), make([]float32, len(scale))
	for c, v := range scale {
		k[c] = v * float32(1/math.Sqrt(float64(variance[c]+op.Epsilon)))
		shift[c] = offset[c] - float32(mean[c]*k[c])
	}
	axis := op.Layout.ChannelAxis(len(s))
	inner := core.Shape(s[axis+1:]).MustElements()
	y := core.Data[float32](out[0])
	for i, x := range core.Data[float32](in[0]) {
		c := i / inner % len(k)
		y[i] = float32(x*k[c]) + shift[c]
	}
	return nil
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
