package core

import "slices"

var _ = Register[OneHot]("OneHot")

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
func (op *OneHot) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 4); err != nil {
		return nil, err
	}
	if err := wantType("C1", in, 0, U8, I8, I32, I64); err != nil {
		return nil, err
	}
	if !in[1].Type.compatible(I32) || !in[1].Shape.Compatible(Shape{}) {
		return nil, Violation("C2", 1, "got %v, want i32[]", in[1].Fact)
	}
	for i := 2; i < 4; i++ {
		if o := in[i]; o.Type == String || !o.Type.compatible(in[2].Type) || !o.Shape.Compatible(Shape{}) {
			return nil, Violation("C3", i, "got %v, want a number or boolean of shape [], of one type with the other", o.Fact)
		}
	}
	typ, s, depth := max(in[2].Type, in[3].Type), in[0].Shape, Unknown
	if v, ok := intsOf(in[1]); ok {
		if v[0] < 0 {
			return nil, Violation("C2", 1, "got depth %d, want >= 0", v[0])
		}
		depth = int(v[0])
	}
	if !s.Ranked() {
		return []Fact{{Type: typ}}, nil
	}
	axis, err := axisOf("C4", op.Axis, len(s)+1)
	if err != nil {
		return nil, err
	}
	out, err := checkedShape(slices.Insert(s.Clone(), axis, depth))
	return []Fact{{Type: typ, Shape: out}}, err
}

// Eval fills with off and then marks.
func (op *OneHot) Eval(in, out []*Tensor) error {
	s, depth := in[0].Shape(), in[1].Int64s()[0]
	axis, err := axisOf("C4", op.Axis, len(s)+1)
	if err != nil {
		return err
	}
	if depth < 0 {
		return Violation("C2", 1, "got depth %d, want >= 0", depth)
	}
	to := slices.Insert(s.Clone(), axis, int(depth))
	if err := ensure(out, 0, in[2].Type(), to); err != nil {
		return err
	}
	move(whole(out[0]), region{tensor: in[3], at: 0, strides: make([]int, len(to))}, to)
	on := region{tensor: in[2], at: 0, strides: []int{0}}
	inner := Shape(s[axis:]).MustElements()
	for i, v := range in[0].Int64s() {
		if v >= 0 && v < depth {
			at := (i/inner*int(depth)+int(v))*inner + i%inner
			move(region{tensor: out[0], at: at, strides: []int{1}}, on, Shape{1})
		}
	}
	return nil
}
