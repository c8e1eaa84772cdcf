package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Slice]("Slice")

// Slice takes a block of elements.
//
//	Inputs:  x: any type, any shape
//	         begin: i32 or i64, [rank]: the first element
//	         size: i32 or i64, [rank]: the dimensions; -1 takes all that is left
//	Outputs: y: the type of x, of shape size
//
//	C1: begin and size are i32 or i64, of shape [rank]
//	C2: the block lies inside x
//
// It is TensorFlow's Slice.
type Slice struct{}

// InputNames names the inputs.
func (op *Slice) InputNames() []string { return []string{"x", "begin", "size"} }

// Infer checks C1 and C2.
func (op *Slice) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	s := in[0].Shape
	rank := core.Shape{core.Unknown}
	if s.Ranked() {
		rank[0] = len(s)
	}
	for i := 1; i < 3; i++ {
		if err := infer.CheckIndexVector("C1", in, i); err != nil {
			return nil, err
		}
		if !in[i].Shape.Compatible(rank) {
			return nil, core.Violation("C1", i, "got shape %v, want %v: one number per dimension of x", in[i].Shape, rank)
		}
	}
	if !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	begin, ok1 := infer.IntsOf(in[1])
	size, ok2 := infer.IntsOf(in[2])
	if !ok1 || !ok2 {
		out := infer.UnknownShape(len(s))
		for i, n := range size { // those that are known and not all that begin leaves
			if d := s[i]; n >= 0 && (d == core.Unknown && n <= core.MaxElements || n <= int64(d)) {
				out[i] = int(n)
			}
		}
		return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
	}
	out, err := blockShape(s, begin, size)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// blockShape checks C2 and returns the block's shape.
func blockShape(s core.Shape, begin, size []int64) (core.Shape, error) {
	out := make(core.Shape, len(s))
	for i, d := range s {
		n := size[i]
		if n == -1 && d != core.Unknown {
			n = int64(d) - begin[i]
		}
		outside := d != core.Unknown && (begin[i] > int64(d) || n > int64(d)-begin[i])
		if begin[i] < 0 || n < -1 || n == -1 && d != core.Unknown || outside || n > core.MaxElements {
			return nil, core.Violation("C2", -1, "got begin %v and size %v, want a block inside shape %v", begin, size, s)
		}
		out[i] = int(n)
	}
	return out, nil
}

// Eval copies the block.
func (op *Slice) Eval(in, out []*core.Tensor) error {
	begin := in[1].Int64s()
	s, err := blockShape(in[0].Shape(), begin, in[2].Int64s())
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	src := elements.Whole(in[0])
	for i, b := range begin {
		src.At += int(b) * src.Strides[i]
	}
	elements.Move(elements.Whole(out[0]), src, s)
	return nil
}

// Cut returns the first element of a contiguous block.
func (op *Slice) Cut(in []core.Operand) (first int, ok bool) {
	cuts, ok := op.knownCuts(in)
	if !ok {
		return 0, false
	}
	return firstOf(in[0].Shape, cuts)
}

// Slices are the indices of the block.
func (op *Slice) Slices(in []core.Operand) (trait.Places, bool) {
	cuts, ok := op.knownCuts(in)
	return placesOf(in[0].Shape, cuts), ok
}

// knownCuts returns the indices of the block along each dimension; false if they are not known.
func (op *Slice) knownCuts(in []core.Operand) ([]cut, bool) {
	s := in[0].Shape
	begin, known := infer.IntsOf(in[1])
	size, sized := infer.IntsOf(in[2])
	if !known || !sized || !s.Static() {
		return nil, false
	}
	block, err := blockShape(s, begin, size)
	if err != nil {
		return nil, false
	}
	cuts := wholeCuts(s)
	for i, d := range block {
		cuts[i] = cut{int(begin[i]), 1, d}
	}
	return cuts, true
}
