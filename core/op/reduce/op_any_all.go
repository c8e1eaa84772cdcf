package reduce

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var (
	_ = core.Register[Any]("Any")
	_ = core.Register[All]("All")
)

// Any says whether at least one of the elements along Axes is true; All says whether all are.
//
//	Inputs:  x: boolean, any shape
//	Outputs: y: boolean; the shape of x without the axes, or with 1 there if KeepDims
//
//	C1: x is boolean
//	C2: the axes are different and in [-rank, rank); none reduces nothing
//
// If there are no elements, Any is false and All is true. They are nGraph's op::v0::Any and op::v0::All, and
// TensorFlow's ops of these names.
type (
	// Any is the logical or of the elements.
	Any struct{ BoolReduction }
	// All is the logical and of the elements.
	All struct{ BoolReduction }
)

// BoolReduction holds the attributes of Any and All.
type BoolReduction struct {
	Axes     []int `json:"axes"`
	KeepDims bool  `json:"keep_dims,omitempty"`
}

// Infer checks C1 and C2.
func (op *BoolReduction) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !in[0].Type.Compatible(core.Bool) {
		return nil, core.Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: core.Bool}}, nil
	}
	axes, err := infer.AxesOf("C2", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.Bool, Shape: reducedShape(s, axes, op.KeepDims)}}, nil
}

// Eval looks for true.
func (op *Any) Eval(in, out []*core.Tensor) error {
	return op.eval(in, out, func(v []bool) bool { return slices.Contains(v, true) })
}

// Eval looks for false.
func (op *All) Eval(in, out []*core.Tensor) error {
	return op.eval(in, out, func(v []bool) bool { return !slices.Contains(v, false) })
}

func (op *BoolReduction) eval(in, out []*core.Tensor, f func([]bool) bool) error {
	axes, err := infer.AxesOf("C2", op.Axes, len(in[0].Shape()))
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, core.Bool, reducedShape(in[0].Shape(), axes, op.KeepDims)); err != nil {
		return err
	}
	reduceEach(out[0], in[0].Shape(), axes, core.Data[bool](in[0]), core.Data[bool](out[0]), f)
	return nil
}
