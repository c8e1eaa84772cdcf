package array

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Concat]("Concat")

// Concat joins tensors along an axis.
//
//	Inputs:  args: at least one, of one type, any shapes
//	Outputs: y: the type of args; the dimension at Axis is the sum of theirs
//
//	C1: there is at least one arg
//	C2: all have the first's type
//	C3: all have one rank, at least 1, and equal dimensions except at Axis
//	C4: Axis is in [-rank, rank)
//
// It is nGraph's op::v0::Concat and TensorFlow's ConcatV2.
type Concat struct {
	Axis int `json:"axis"`
}

// Infer checks C1 to C4.
func (op *Concat) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) == 0 {
		return nil, core.Violation("C1", -1, "got no inputs, want at least 1")
	}
	typ := in[0].Type
	rank := -1
	for i, o := range in {
		if !o.Type.Compatible(typ) {
			return nil, core.Violation("C2", i, "got type %v, want the first's %v", o.Type, typ)
		}
		typ = max(typ, o.Type)
		switch {
		case !o.Shape.Ranked():
		case rank < 0 && len(o.Shape) > 0:
			rank = len(o.Shape)
		case len(o.Shape) != rank:
			return nil, core.Violation("C3", i,
				"got shape %v, want the rank of the others, at least 1: %v", o.Shape, infer.ShapesOf(in))
		}
	}
	if rank < 0 {
		return []core.Fact{{Type: typ}}, nil
	}
	axis, err := infer.AxisOf("C4", op.Axis, rank)
	if err != nil {
		return nil, err
	}
	out, err := concatShape(in, axis, rank)
	return []core.Fact{{Type: typ, Shape: out}}, err
}

func concatShape(in []core.Operand, axis, rank int) (core.Shape, error) {
	out, sum := infer.UnknownShape(rank), 0
	for i, o := range in {
		s := o.Shape
		if !s.Ranked() {
			s = infer.UnknownShape(rank)
		}
		switch d := s[axis]; {
		case d == core.Unknown:
			sum = core.Unknown
		case d > core.MaxElements:
			return nil, core.Violation("C3", i, "got shape %v, want dimensions of at most %d", s, int64(core.MaxElements))
		case sum != core.Unknown:
			sum += d
		}
		s = s.Clone()
		s[axis] = core.Unknown
		merged, ok := out.Merge(s)
		if !ok {
			return nil, core.Violation("C3", i, "got shape %v, want the dimensions of the others except at axis %d: %v",
				o.Shape, axis, infer.ShapesOf(in))
		}
		out = merged
	}
	out[axis] = sum
	return infer.CheckedShape(out)
}

// BatchInputs says that all inputs have the batch axis (axis 0), unless they are joined along it.
func (op *Concat) BatchInputs(in []core.Fact, out core.Shape) []bool {
	if op.Axis == 0 || op.Axis == -len(out) {
		return nil
	}
	return slices.Repeat([]bool{true}, len(in))
}

// Eval copies each arg to its place.
func (op *Concat) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	s := facts[0].Shape
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	axis, err := infer.AxisOf("C4", op.Axis, len(s))
	if err != nil {
		return err
	}
	to := elements.Whole(out[0])
	for _, t := range in {
		elements.Move(to, elements.Whole(t), t.Shape())
		to.At += t.Shape()[axis] * to.Strides[axis]
	}
	return nil
}

// Selects says that elements come from all inputs.
func (op *Concat) Selects(inputs int) int { return inputs }

// Rearranges is false: there are several inputs.
func (op *Concat) Rearranges() bool { return false }
