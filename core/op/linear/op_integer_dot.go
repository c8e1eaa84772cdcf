package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[IntegerDot]("IntegerDot")

// IntegerDot is the dot product that every quantized dot and matrix product becomes:
// an exact int32 accumulation followed by a list of post-ops in float32.
//
//	acc[m..., n...] = sum over k... of (a[m..., k...] - a_zp) * (b[k..., n...] - b_zp[n])
//	out             = PostOps applied to acc, in order; the raw i32 accumulators without any
//
// k... are the last ReductionAxes axes of a and the first of b. The channels of
// per-channel operands are the output's last axis.
//
//	Inputs:  a: i8 or u8, [m..., k...]
//	         b: i8 or u8, [k..., n...]
//	         a_zero_point: a's type or i32, []
//	         b_zero_point: b's type or i32, [] or [N], N the last axis of the output
//	         operands of the post-ops, in their order (see postop.Step)
//	Outputs: i32, f32, or RoundSaturate's type; [m..., n...]
//
//	C1: a and b are i8 or u8
//	C2: the reduction axes exist in both and have equal sizes
//	C3: a_zero_point has a's type or is i32; its shape is []
//	C4: b_zero_point has b's type or is i32; its shape is [] or [N]
//	C6: one output sums at most 65793 products
//	C10 to C12: see inferPostOps
type IntegerDot struct {
	ReductionAxes int           `json:"reduction_axes_count"`
	PostOps       []postop.Step `json:"post_ops,omitempty"`
}

// InputNames names the fixed inputs.
func (op *IntegerDot) InputNames() []string {
	return []string{"a", "b", "a_zero_point", "b_zero_point"}
}

// Infer checks C1 to C12.
func (op *IntegerDot) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) < 4 {
		return nil, core.Violation("", -1, "got %d inputs, want at least 4", len(in))
	}
	if err := checkIntegerOperands(in, core.Unknown); err != nil {
		return nil, err
	}
	out, err := dotShape(in[0].Shape, in[1].Shape, op.ReductionAxes)
	if err != nil {
		return nil, err
	}
	last, channels := max(len(out)-1, 0), 1
	if len(out) > 0 {
		channels = out[last]
	} else if !out.Ranked() {
		channels = core.Unknown
	}
	if err := checkIntegerOperands(in, channels); err != nil {
		return nil, err
	}
	if b := in[1].Shape; b.Ranked() {
		if err := tapsBound(b[:op.ReductionAxes], 1); err != nil {
			return nil, err
		}
	}
	typ, err := inferPostOps(op.PostOps, in[4:], 4, out, last)
	return []core.Fact{{Type: typ, Shape: out}}, err
}

// Eval is the plain loop.
func (op *IntegerDot) Eval(in, out []*core.Tensor) error {
	a := in[0].Int64s()
	aZP, bZP := in[2].Int64s()[0], in[3].Int64s()
	m, k, n := dotSizes(in[0].Shape(), in[1].Shape(), op.ReductionAxes)
	post := newPostOps(op.PostOps, in[4:], out[0])
	channels := 1
	if s := out[0].Shape(); len(s) > 0 {
		channels = s[len(s)-1]
	}
	zp := make([]int64, n)
	for j := range zp {
		zp[j] = bZP[j%channels%len(bZP)]
	}
	rows := addRow[uint8]
	if in[1].Type() == core.I8 {
		rows = addRow[int8]
	}
	add := rows(in[1], zp)
	acc := make([]int64, n) // the sums of one row of the output, since b is read row by row
	for i := range m {
		clear(acc)
		for l := range k {
			if l%64 == 0 && out[0].Abandoned() {
				return nil
			}
			add(acc, l, a[i*k+l]-aZP)
		}
		for j, sum := range acc {
			post.apply(i*n+j, j%channels, int32(sum))
		}
	}
	return nil
}

// BatchInputs says that a has the batch axis (axis 0), unless that axis is reduced, and that operands of the output's
// shape have it, too.
func (op *IntegerDot) BatchInputs(in []core.Fact, out core.Shape) []bool {
	if len(in[0].Shape) <= op.ReductionAxes || len(out) < 2 {
		return nil
	}
	return trait.FirstAndOperands(op, in, out)
}

// Steps returns PostOps.
func (op *IntegerDot) Steps() []postop.Step { return op.PostOps }

// WithSteps returns the op with other PostOps.
func (op *IntegerDot) WithSteps(steps []postop.Step) trait.PostOpped {
	c := *op
	c.PostOps = steps
	return &c
}

// ChannelAxis is the last.
func (op *IntegerDot) ChannelAxis(rank int) int { return rank - 1 }

// GroupCount is 1.
func (op *IntegerDot) GroupCount() int { return 1 }

// Operations counts, for each output element, the products that are summed.
func (op *IntegerDot) Operations(in, out []core.Fact) int64 {
	return 2 * int64(out[0].Shape.MustElements()) * int64(core.Shape(in[1].Shape[:op.ReductionAxes]).MustElements())
}

// dotShape validates the shapes of a dot product and returns the output's.
func dotShape(a, b core.Shape, reductionAxes int) (core.Shape, error) {
	if reductionAxes < 0 {
		return nil, core.Violation("C2", -1, "reduction axes count: got %d, want >= 0", reductionAxes)
	}
	for i, s := range []core.Shape{a, b} {
		if s.Ranked() && len(s) < reductionAxes {
			return nil, core.Violation("C2", i, "got shape %v, want at least %d axes to reduce", s, reductionAxes)
		}
	}
	if !a.Ranked() || !b.Ranked() {
		return nil, nil
	}
	outer := len(a) - reductionAxes
	if ka, kb := a[outer:], b[:reductionAxes]; !ka.Compatible(kb) {
		return nil, core.Violation("C2", -1, "cannot reduce axes %v of %v with axes %v of %v", ka, a, kb, b)
	}
	return append(append(core.Shape{}, a[:outer]...), b[reductionAxes:]...), nil
}

// dotSizes returns the products of the outer, reduced and inner dimensions.
func dotSizes(a, b core.Shape, reductionAxes int) (m, k, n int) {
	outer := len(a) - reductionAxes
	return core.Shape(a[:outer]).MustElements(), core.Shape(b[:reductionAxes]).MustElements(),
		core.Shape(b[reductionAxes:]).MustElements()
}

// addRow returns a function that adds to acc the products of x and row l of b, from which the zero points are
// subtracted. It reads the 8-bit elements of b: a copy in 64 bits would take eight times the memory.
func addRow[T int8 | uint8](b *core.Tensor, zp []int64) func(acc []int64, l int, x int64) {
	data, n := core.Data[T](b), len(zp)
	return func(acc []int64, l int, x int64) {
		for j, w := range data[l*n:][:n] {
			acc[j] += x * (int64(w) - zp[j])
		}
	}
}
