package array

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[ReverseSequence]("ReverseSequence")

// ReverseSequence reverses the order of the first elements along an axis. How many is given for each slice of
// another axis. With b and s the indices on BatchAxis and SeqAxis,
//
//	y[..., b, ..., s, ...] = x[..., b, ..., lengths[b]-1 - s, ...]    s < lengths[b]
//	                         x[..., b, ..., s, ...]                   else
//
//	Inputs:  x: any type, any shape of rank 2 or more
//	         lengths: i32 or i64, [dimension at BatchAxis]
//	Outputs: y: the type and shape of x
//
//	C1: the axes are different and in [0, rank)
//	C2: lengths is i32 or i64, of shape [dimension at BatchAxis]
//	C3: the lengths are in [0, dimension at SeqAxis]
//
// It is nGraph's op::v0::ReverseSequence and TensorFlow's op of that name.
type ReverseSequence struct {
	BatchAxis int `json:"batch_axis"`
	SeqAxis   int `json:"seq_axis"`
}

// InputNames names the inputs.
func (op *ReverseSequence) InputNames() []string { return []string{"x", "lengths"} }

// Infer checks C1 and C2, and C3 for constants.
func (op *ReverseSequence) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	return []core.Fact{in[0].Fact}, op.check(in)
}

func (op *ReverseSequence) check(in []core.Operand) error {
	s, batch := in[0].Shape, core.Unknown
	if op.BatchAxis < 0 || op.SeqAxis < 0 || op.BatchAxis == op.SeqAxis ||
		s.Ranked() && max(op.BatchAxis, op.SeqAxis) >= len(s) {
		return core.Violation("C1", 0, "got shape %v for batch axis %d and sequence axis %d, want two axes of it",
			s, op.BatchAxis, op.SeqAxis)
	}
	if err := infer.WantType("C2", in, 1, core.I32, core.I64); err != nil {
		return err
	}
	if s.Ranked() {
		batch = s[op.BatchAxis]
	}
	if !in[1].Shape.Compatible(core.Shape{batch}) {
		return core.Violation("C2", 1, "got shape %v, want %v: a length for each slice at axis %d",
			in[1].Shape, core.Shape{batch}, op.BatchAxis)
	}
	if lengths, ok := infer.IntsOf(in[1]); ok && s.Ranked() && s[op.SeqAxis] != core.Unknown {
		return op.checkLengths(lengths, s[op.SeqAxis])
	}
	return nil
}

// checkLengths checks C3.
func (op *ReverseSequence) checkLengths(lengths []int64, most int) error {
	for b, n := range lengths {
		if n < 0 || n > int64(most) {
			return core.Violation("C3", 1, "got length %d of slice %d, want in [0, %d]", n, b, most)
		}
	}
	return nil
}

// Eval copies both parts of each slice, the first with a negative stride.
func (op *ReverseSequence) Eval(in, out []*core.Tensor) error {
	s, lengths := in[0].Shape(), in[1].Int64s()
	if err := op.check([]core.Operand{{Fact: in[0].Fact()}, {Fact: in[1].Fact(), Const: in[1]}}); err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	for b, n := range lengths {
		op.copyPart(in[0], out[0], b, 0, int(n), true)
		op.copyPart(in[0], out[0], b, int(n), s[op.SeqAxis]-int(n), false)
	}
	return nil
}

// copyPart copies n elements along the sequence axis of slice b, from the first on.
func (op *ReverseSequence) copyPart(x, y *core.Tensor, b, first, n int, reversed bool) {
	src, dst := elements.Whole(x), elements.Whole(y)
	from := b*src.Strides[op.BatchAxis] + first*src.Strides[op.SeqAxis]
	src.At += from
	dst.At += from
	if reversed && n > 0 {
		src.At += (n - 1) * src.Strides[op.SeqAxis]
		src.Strides = slices.Clone(src.Strides)
		src.Strides[op.SeqAxis] = -src.Strides[op.SeqAxis]
	}
	part := slices.Clone(x.Shape())
	part[op.BatchAxis], part[op.SeqAxis] = 1, n
	elements.Move(dst, src, part)
}
