package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Split]("Split")

// Split cuts a tensor along an axis.
//
//	Inputs:  x: any type, rank at least 1
//	Outputs: len(Sizes) tensors of the type of x, with Sizes[i] at Axis
//
//	C1: there is at least one size; each is >= 0, but one may be -1, to be computed
//	C2: Axis is in [-rank, rank)
//	C3: the sizes add up to the dimension at Axis
//
// It is TensorFlow's SplitV, and its Split with equal Sizes (all -1: as many equal parts).
type Split struct {
	Axis  int   `json:"axis"`
	Sizes []int `json:"sizes"`
}

// Infer checks C1 to C3.
func (op *Split) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if len(op.Sizes) == 0 {
		return nil, core.Violation("C1", -1, "got no sizes, want at least one")
	}
	s := in[0].Shape
	dim, axis := core.Unknown, 0
	if s.Ranked() {
		var err error
		if axis, err = infer.AxisOf("C2", op.Axis, len(s)); err != nil {
			return nil, err
		}
		dim = s[axis]
	}
	sizes, err := op.sizes(dim)
	if err != nil {
		return nil, err
	}
	facts := make([]core.Fact, len(sizes))
	for i, n := range sizes {
		facts[i] = core.Fact{Type: in[0].Type, Shape: s.Clone()}
		if s.Ranked() {
			facts[i].Shape[axis] = n
		}
	}
	return facts, nil
}

// sizes returns the sizes with a -1 resolved, as far as the dimension is known.
func (op *Split) sizes(dim int) ([]int, error) {
	sum, wild := 0, 0
	for _, n := range op.Sizes {
		switch {
		case n == -1:
			wild++
		case n < 0 || n > core.MaxElements || sum > core.MaxElements:
			return nil, core.Violation("C1", -1, "sizes: got %v, want numbers >= 0, one of which may be -1", op.Sizes)
		default:
			sum += n
		}
	}
	if wild > 1 && wild != len(op.Sizes) {
		return nil, core.Violation("C1", -1, "sizes: got %v, want at most one -1, or all", op.Sizes)
	}
	out := append([]int(nil), op.Sizes...)
	if dim == core.Unknown {
		return out, nil // -1 is Unknown
	}
	if wild == 0 && sum != dim || sum > dim || wild > 1 && dim%wild != 0 {
		return nil, core.Violation("C3", -1, "sizes: got %v for a dimension of %d at axis %d", op.Sizes, dim, op.Axis)
	}
	for i, n := range out {
		if n == -1 {
			out[i] = (dim - sum) / wild
		}
	}
	return out, nil
}

// Eval copies each part.
func (op *Split) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return err
	}
	sizes, err := op.sizes(s[axis])
	if err != nil {
		return err
	}
	from := elements.Whole(in[0])
	for i, n := range sizes {
		part := s.Clone()
		part[axis] = n
		if err := elements.Ensure(out, i, in[0].Type(), part); err != nil {
			return err
		}
		elements.Move(elements.Whole(out[i]), from, part)
		from.At += n * from.Strides[axis]
	}
	return nil
}
