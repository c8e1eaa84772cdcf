package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[ApplyPostOps]("ApplyPostOps")

// ApplyPostOps applies a post-op list to int32 accumulators: the second half of
// IntegerConvolution and IntegerDot, for kernels that compute only the first.
//
//	Inputs:  accumulators: i32, any shape of rank >= 1
//	         operands of the post-ops, in their order (see postop.Step)
//	Outputs: i32, f32, or RoundSaturate's type; the accumulators' shape
//
//	C1: the accumulators are i32
//	C10 to C12: see inferPostOps
type ApplyPostOps struct {
	Layout  geometry.Layout `json:"layout"` // where the channels are: axis 1 or the last
	PostOps []postop.Step   `json:"post_ops,omitempty"`
}

// Infer checks C1 to C12.
func (op *ApplyPostOps) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) < 1 {
		return nil, core.Violation("", -1, "got no inputs, want at least 1")
	}
	s := in[0].Shape
	if !in[0].Type.Compatible(core.I32) || s.Ranked() && len(s) == 0 {
		return nil, core.Violation("C1", 0, "got %v, want i32 of rank 1 or more", in[0].Fact)
	}
	typ, err := inferPostOps(op.PostOps, in[1:], 1, s, min(op.Layout.ChannelAxis(len(s)), max(len(s)-1, 0)))
	return []core.Fact{{Type: typ, Shape: s}}, err
}

// Eval is the plain loop.
func (op *ApplyPostOps) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	axis := min(op.Layout.ChannelAxis(len(s)), len(s)-1)
	channels, inner := s[axis], core.Shape(s[axis+1:]).MustElements()
	post := newPostOps(op.PostOps, in[1:], out[0])
	for i, acc := range core.Data[int32](in[0]) {
		post.apply(i, i/inner%channels, acc)
	}
	return nil
}

// ChannelLayout returns Layout.
func (op *ApplyPostOps) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *ApplyPostOps) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the accumulators are data, and so are operands of the same shape.
func (op *ApplyPostOps) LayoutRoles(in []core.Fact) []trait.LayoutRole {
	roles := make([]trait.LayoutRole, len(in))
	for i, f := range in {
		if len(f.Shape) == len(in[0].Shape) {
			roles[i] = trait.DataLayout
		}
	}
	return roles
}

// Steps returns PostOps.
func (op *ApplyPostOps) Steps() []postop.Step { return op.PostOps }

// WithSteps returns the op with other PostOps.
func (op *ApplyPostOps) WithSteps(steps []postop.Step) trait.PostOpped {
	c := *op
	c.PostOps = steps
	return &c
}

// ChannelAxis follows from Layout.
func (op *ApplyPostOps) ChannelAxis(rank int) int { return op.Layout.ChannelAxis(rank) }
