package core

var _ = Register[ApplyPostOps]("ApplyPostOps")

// ApplyPostOps applies a post-op list to int32 accumulators: the second half of
// IntegerConvolution and IntegerDot, for kernels that compute only the first.
//
//	Inputs:  accumulators: i32, any shape of rank >= 1
//	         operands of the post-ops, in their order (see PostOp)
//	Outputs: i32, f32, or RoundSaturate's type; the accumulators' shape
//
//	C1: the accumulators are i32
//	C10 to C12: see PostOp
type ApplyPostOps struct {
	Layout  Layout   `json:"layout"` // where the channels are: axis 1 or the last
	PostOps []PostOp `json:"post_ops,omitempty"`
}

// Infer checks C1 to C12.
func (op *ApplyPostOps) Infer(in []Operand) ([]Fact, error) {
	if len(in) < 1 {
		return nil, Violation("", -1, "got no inputs, want at least 1")
	}
	s := in[0].Shape
	if !in[0].Type.compatible(I32) || s.Ranked() && len(s) == 0 {
		return nil, Violation("C1", 0, "got %v, want i32 of rank 1 or more", in[0].Fact)
	}
	typ, err := inferPostOps(op.PostOps, in[1:], 1, s, min(op.Layout.channelAxis(len(s)), max(len(s)-1, 0)))
	return []Fact{{Type: typ, Shape: s}}, err
}

// Eval is the plain loop.
func (op *ApplyPostOps) Eval(in, out []*Tensor) error {
	s := in[0].Shape()
	axis := min(op.Layout.channelAxis(len(s)), len(s)-1)
	channels, inner := s[axis], Shape(s[axis+1:]).MustElements()
	post := newPostOps(op.PostOps, in[1:], out[0])
	for i, acc := range Data[int32](in[0]) {
		post.apply(i, i/inner%channels, acc)
	}
	return nil
}

// ChannelLayout returns Layout.
func (op *ApplyPostOps) ChannelLayout() Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *ApplyPostOps) WithLayout(l Layout) Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the accumulators are data, and operands of their shape.
func (op *ApplyPostOps) LayoutRoles(in []Fact) []LayoutRole {
	roles := make([]LayoutRole, len(in))
	for i, f := range in {
		if len(f.Shape) == len(in[0].Shape) {
			roles[i] = DataLayout
		}
	}
	return roles
}

// Steps returns PostOps.
func (op *ApplyPostOps) Steps() []PostOp { return op.PostOps }

// WithSteps returns the op with other PostOps.
func (op *ApplyPostOps) WithSteps(steps []PostOp) PostOpped {
	c := *op
	c.PostOps = steps
	return &c
}

// ChannelAxis is that of Layout.
func (op *ApplyPostOps) ChannelAxis(rank int) int { return op.Layout.channelAxis(rank) }
