package indexing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Gather]("Gather")

// Gather takes slices of a tensor by index.
//
//	y[n..., a..., i..., b...] = x[n..., a..., indices[n..., i...], b...], the index at Axis
//
//	Inputs:  x: any type, rank at least 1
//	         indices: i32 or i64, any shape
//	Outputs: y: the type of x; its shape with the dimension at Axis replaced by the shape
//	         of indices without the batch dimensions n...
//
//	C1: indices are i32 or i64
//	C2: Axis is in [-rank, rank) of x
//	C3: each index is in [0, dimension at Axis)
//	C4: BatchDims is in [0, rank of indices] and at most Axis; the first BatchDims
//	    dimensions of x and indices are equal
//
// It is nGraph's op::v0::Gather and TensorFlow's GatherV2.
type Gather struct {
	Axis      int `json:"axis"`
	BatchDims int `json:"batch_dims,omitempty"` // the number of dimensions n...
}

// InputNames names the inputs.
func (op *Gather) InputNames() []string { return []string{"x", "indices"} }

// Infer checks C1 and C2, and C3 for constants.
func (op *Gather) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if t := in[1].Type; t != core.I32 && t != core.I64 && t != core.Dynamic {
		return nil, core.Violation("C1", 1, "got type %v, want i32 or i64", t)
	}
	s, at := in[0].Shape, in[1].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return nil, err
	}
	if indices, ok := infer.IntsOf(in[1]); ok && s[axis] != core.Unknown {
		if err := checkIndices(indices, s[axis]); err != nil {
			return nil, err
		}
	}
	if !at.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	out, err := op.shape(s, at, axis)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// shape checks C4 and returns the output's shape.
func (op *Gather) shape(x, indices core.Shape, axis int) (core.Shape, error) {
	b := op.BatchDims
	if b < 0 || b > len(indices) || b > axis {
		return nil, core.Violation("C4", -1, "batch dims: got %d for axis %d and indices of rank %d, want in [0, %d]",
			b, axis, len(indices), min(axis, len(indices)))
	}
	if !x[:b].Compatible(indices[:b]) {
		return nil, core.Violation("C4", 1,
			"got shape %v for x of shape %v, want the first %d dimensions equal", indices, x, b)
	}
	return infer.CheckedShape(append(core.Shape{}, slices.Concat(x[:axis], indices[b:], x[axis+1:])...)) // [] is not nil
}

func checkIndices(indices []int64, n int) error {
	for _, v := range indices {
		if err := CheckIndex(v, n); err != nil {
			return err
		}
	}
	return nil
}

// CheckIndex checks C3 for an index into a dimension of size n.
func CheckIndex(v int64, n int) error {
	if v < 0 || v >= int64(n) {
		return core.Violation("C3", 1, "got index %d, want in [0, %d)", v, n)
	}
	return nil
}

// Eval copies each slice.
func (op *Gather) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return err
	}
	indices := in[1].Int64s()
	if err := checkIndices(indices, s[axis]); err != nil {
		return err
	}
	to, err := op.shape(s, in[1].Shape(), axis)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), to); err != nil {
		return err
	}
	batch, outer := core.Shape(s[:op.BatchDims]).MustElements(), core.Shape(s[op.BatchDims:axis]).MustElements()
	inner := core.Shape(s[axis+1:]).MustElements()
	n := core.Shape(in[1].Shape()[op.BatchDims:]).MustElements()
	for b := range batch {
		for o := range outer {
			to, from := (b*outer+o)*n*inner, (b*outer+o)*s[axis]*inner
			if out[0].Abandoned() {
				return nil
			}
			for i, v := range indices[b*n : (b+1)*n] {
				elements.CopyUnit(out[0], to+i*inner, in[0], from+int(v)*inner, inner)
			}
		}
	}
	return nil
}

// Cut returns the first element that is taken, if the slices are contiguous and in order.
func (op *Gather) Cut(in []core.Operand) (first int, ok bool) {
	s := in[0].Shape
	indices, known := infer.IntsOf(in[1])
	if !known || len(indices) == 0 || !s.Static() || op.BatchDims != 0 || !counting(indices) {
		return 0, false
	}
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return 0, false
	}
	cuts := wholeCuts(s)
	cuts[axis] = cut{int(indices[0]), 1, len(indices)}
	return firstOf(s, cuts)
}

// Passes recognises a Gather of all slices in order, which returns the input.
func (op *Gather) Passes(in []core.Operand) (input int, ok bool) {
	s := in[0].Shape
	indices, known := infer.IntsOf(in[1])
	if !known || !s.Static() || op.BatchDims != 0 || len(in[1].Shape) != 1 {
		return 0, false
	}
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	return 0, err == nil && len(indices) == s[axis] && (len(indices) == 0 || indices[0] == 0) && counting(indices)
}

// counting reports whether each number is larger by 1 than the one before it.
func counting(v []int64) bool {
	for i := 1; i < len(v); i++ {
		if v[i] != v[i-1]+1 {
			return false
		}
	}
	return true
}

// wholeCuts returns cuts that take all indices of each dimension.
func wholeCuts(s core.Shape) []cut {
	cuts := make([]cut, len(s))
	for i, d := range s {
		cuts[i] = cut{0, 1, d}
	}
	return cuts
}

// firstOf returns the index of the first element that is taken, if all elements that are taken are contiguous.
func firstOf(s core.Shape, cuts []cut) (first int, ok bool) {
	some := false // more than one index of a dimension is taken
	for i, c := range cuts {
		if c.count < 1 || c.count > 1 && c.step != 1 || some && c.count != s[i] {
			return 0, false
		}
		some = some || c.count > 1
		first = first*s[i] + c.from
	}
	return first, true
}

// placesOf returns the indices that cuts take of a shape.
func placesOf(s core.Shape, cuts []cut) trait.Places {
	p := trait.Places{In: s, At: make([][]int, len(cuts))}
	for axis, c := range cuts {
		for i := range c.count {
			p.At[axis] = append(p.At[axis], c.from+i*c.step)
		}
	}
	return p
}
