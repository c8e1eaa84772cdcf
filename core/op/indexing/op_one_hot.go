package indexing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[OneHot]("OneHot")

// OneHot marks positions along a new axis.
//
//	y[a..., d, b...] = on if indices[a..., b...] = d, else off; d at Axis
//
//	Inputs:  indices: u8, i8, i32 or i64, any shape
//	         depth: i32, []: the dimension of the new axis
//	         on, off: any type but string, []
//	Outputs: y: the type of on; the shape of indices with depth inserted at Axis
//
//	C1: indices are u8, i8, i32 or i64
//	C2: depth is i32 of shape [], in [0, 2^31)
//	C3: on and off have one type, not string, and shape []
//	C4: Axis is in [-rank, rank) of y
//
// An index outside [0, depth) marks nothing. It is nGraph's and TensorFlow's OneHot.
type OneHot struct {
	Axis int `json:"axis"`
}

// InputNames names the inputs.
func (op *OneHot) InputNames() []string { return []string{"indices", "depth", "on", "off"} }

// Infer checks C1 to C4.
func (op *OneHot) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.U8, core.I8, core.I32, core.I64); err != nil {
		return nil, err
	}
	if !in[1].Type.Compatible(core.I32) || !in[1].Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C2", 1, "got %v, want i32[]", in[1].Fact)
	}
	for i := 2; i < 4; i++ {
		if o := in[i]; o.Type == core.String || !o.Type.Compatible(in[2].Type) || !o.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C3", i,
				"got %v, want a number or boolean of shape [], of one type with the other", o.Fact)
		}
	}
	typ, s, depth := max(in[2].Type, in[3].Type), in[0].Shape, core.Unknown
	if v, ok := infer.IntsOf(in[1]); ok {
		if v[0] < 0 {
			return nil, core.Violation("C2", 1, "got depth %d, want >= 0", v[0])
		}
		depth = int(v[0])
	}
	if !s.Ranked() {
		return []core.Fact{{Type: typ}}, nil
	}
	axis, err := infer.AxisOf("C4", op.Axis, len(s)+1)
	if err != nil {
		return nil, err
	}
	out, err := infer.CheckedShape(slices.Insert(s.Clone(), axis, depth))
	return []core.Fact{{Type: typ, Shape: out}}, err
}

// Eval fills with off and then marks.
func (op *OneHot) Eval(in, out []*core.Tensor) error {
	s, depth := in[0].Shape(), in[1].Int64s()[0]
	axis, err := infer.AxisOf("C4", op.Axis, len(s)+1)
	if err != nil {
		return err
	}
	if depth < 0 {
		return core.Violation("C2", 1, "got depth %d, want >= 0", depth)
	}
	to := slices.Insert(s.Clone(), axis, int(depth))
	if err := elements.Ensure(out, 0, in[2].Type(), to); err != nil {
		return err
	}
	elements.Move(elements.Whole(out[0]), elements.Region{Tensor: in[3], Strides: make([]int, len(to))}, to)
	on := elements.Region{Tensor: in[2], Strides: []int{0}}
	inner := core.Shape(s[axis:]).MustElements()
	for i, v := range in[0].Int64s() {
		if v >= 0 && v < depth {
			at := (i/inner*int(depth)+int(v))*inner + i%inner
			elements.Move(elements.Region{Tensor: out[0], At: at, Strides: []int{1}}, on, core.Shape{1})
		}
	}
	return nil
}
