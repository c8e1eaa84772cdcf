package core

import "slices"

var _ = Register[ReverseSequence]("ReverseSequence")

// ReverseSequence turns the order of the first elements along an axis, of as many as each
// slice of another axis says. With b and s the indices on BatchAxis and SeqAxis,
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
func (op *ReverseSequence) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	return []Fact{in[0].Fact}, op.check(in)
}

func (op *ReverseSequence) check(in []Operand) error {
	s, batch := in[0].Shape, Unknown
	if op.BatchAxis < 0 || op.SeqAxis < 0 || op.BatchAxis == op.SeqAxis ||
		s.Ranked() && max(op.BatchAxis, op.SeqAxis) >= len(s) {
		return Violation("C1", 0, "got shape %v for batch axis %d and sequence axis %d, want two axes of it",
			s, op.BatchAxis, op.SeqAxis)
	}
	if err := wantType("C2", in, 1, I32, I64); err != nil {
		return err
	}
	if s.Ranked() {
		batch = s[op.BatchAxis]
	}
	if !in[1].Shape.Compatible(Shape{batch}) {
		return Violation("C2", 1, "got shape %v, want %v: a length for each slice at axis %d",
			in[1].Shape, Shape{batch}, op.BatchAxis)
	}
	if lengths, ok := intsOf(in[1]); ok && s.Ranked() && s[op.SeqAxis] != Unknown {
		return op.checkLengths(lengths, s[op.SeqAxis])
	}
	return nil
}

// checkLengths checks C3.
func (op *ReverseSequence) checkLengths(lengths []int64, most int) error {
	for b, n := range lengths {
		if n < 0 || n > int64(most) {
			return Violation("C3", 1, "got length %d of slice %d, want in [0, %d]", n, b, most)
		}
	}
	return nil
}

// Eval copies both parts of each slice, the first with a negative stride.
func (op *ReverseSequence) Eval(in, out []*Tensor) error {
	s, lengths := in[0].Shape(), in[1].Int64s()
	if err := op.check([]Operand{{Fact: in[0].Fact()}, {Fact: in[1].Fact(), Const: in[1]}}); err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	for b, n := range lengths {
		op.copyPart(in[0], out[0], b, 0, int(n), true)
		op.copyPart(in[0], out[0], b, int(n), s[op.SeqAxis]-int(n), false)
	}
	return nil
}

// copyPart copies n elements along the sequence axis of slice b, from the first on.
func (op *ReverseSequence) copyPart(x, y *Tensor, b, first, n int, reversed bool) {
	src, dst := whole(x), whole(y)
	from := b*src.strides[op.BatchAxis] + first*src.strides[op.SeqAxis]
	src.at += from
	dst.at += from
	if reversed && n > 0 {
		src.at += (n - 1) * src.strides[op.SeqAxis]
		src.strides = slices.Clone(src.strides)
		src.strides[op.SeqAxis] = -src.strides[op.SeqAxis]
	}
	part := slices.Clone(x.Shape())
	part[op.BatchAxis], part[op.SeqAxis] = 1, n
	move(dst, src, part)
}
