package core

import "slices"

var (
	_ = Register[Any]("Any")
	_ = Register[All]("All")
)

// Any tells whether one of the elements along Axes is true; All whether each is.
//
//	Inputs:  x: boolean, any shape
//	Outputs: y: boolean; the shape of x without the axes, or with 1 there if KeepDims
//
//	C1: x is boolean
//	C2: the axes are different and in [-rank, rank); none reduces nothing
//
// Of nothing they are false and true. They are nGraph's op::v0::Any and op::v0::All, and
// TensorFlow's ops of these names.
type (
	// Any is or.
	Any struct{ BoolReduction }
	// All is and.
	All struct{ BoolReduction }
)

// BoolReduction holds the attributes of Any and All.
type BoolReduction struct {
	Axes     []int `json:"axes"`
	KeepDims bool  `json:"keep_dims,omitempty"`
}

// Infer checks C1 and C2.
func (op *BoolReduction) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !in[0].Type.compatible(Bool) {
		return nil, Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{Type: Bool}}, nil
	}
	axes, err := axesOf("C2", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	return []Fact{{Type: Bool, Shape: reducedShape(s, axes, op.KeepDims)}}, nil
}

// Eval looks for true.
func (op *Any) Eval(in, out []*Tensor) error {
	return op.eval(in, out, func(v []bool) bool { return slices.Contains(v, true) })
}

// Eval looks for false.
func (op *All) Eval(in, out []*Tensor) error {
	return op.eval(in, out, func(v []bool) bool { return !slices.Contains(v, false) })
}

func (op *BoolReduction) eval(in, out []*Tensor, f func([]bool) bool) error {
	axes, err := axesOf("C2", op.Axes, len(in[0].Shape()))
	if err != nil {
		return err
	}
	if err := ensure(out, 0, Bool, reducedShape(in[0].Shape(), axes, op.KeepDims)); err != nil {
		return err
	}
	reduceEach(in[0].Shape(), axes, Data[bool](in[0]), Data[bool](out[0]), f)
	return nil
}
