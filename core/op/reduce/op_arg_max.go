package reduce

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[ArgMax]("ArgMax")

// ArgMax is the index of the largest element along an axis, the first among equals.
//
//	Inputs:  x: a number type, rank at least 1
//	Outputs: y: Type; the shape of x without the axis
//
//	C1: x is a number; Type is i32 or i64
//	C2: Axis is in [-rank, rank)
//	C3: the dimension at the axis is not 0
//
// It is nGraph's op::v0::ArgMax and TensorFlow's ArgMax. NaN is never the largest.
type ArgMax struct {
	Axis int       `json:"axis"`
	Type core.Type `json:"type"`
}

// Infer checks C1 to C3.
func (op *ArgMax) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !infer.IsNumber(in[0].Type) || in[0].Type == core.U64 || op.Type != core.I32 && op.Type != core.I64 {
		return nil, core.Violation("C1", -1, "got %v of type %v, want i32 or i64 of numbers", op.Type, in[0].Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: op.Type}}, nil
	}
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return nil, err
	}
	if s[axis] == 0 {
		return nil, core.Violation("C3", 0, "got shape %v, want at least one element at axis %d", s, axis)
	}
	axes := make([]bool, len(s))
	axes[axis] = true
	return []core.Fact{{Type: op.Type, Shape: reducedShape(s, axes, false)}}, nil
}

// Eval compares in order.
func (op *ArgMax) Eval(in, out []*core.Tensor) error {
	return op.find(in, out, argMax[int64], argMax[float64])
}

// Widens is true: f32 has the numbers of bf16 and f16.
func (op *ArgMax) Widens() bool { return true }

// Rows are along the axis, if it is the last one.
func (op *ArgMax) Rows(x core.Shape) (trait.Rows, bool) {
	return trait.RowsOf(x, op.Axis, &ArgMax{Axis: 1, Type: op.Type}, true)
}

// find stores the index of the best element of each row along the axis.
func (op *ArgMax) find(in, out []*core.Tensor, integers func([]int64) int64, reals func([]float64) int64) error {
	s := in[0].Shape()
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return err
	}
	axes := make([]bool, len(s))
	axes[axis] = true
	if err := elements.Ensure(out, 0, op.Type, reducedShape(s, axes, false)); err != nil {
		return err
	}
	y := make([]int64, out[0].Len())
	if in[0].Type().IsInteger() {
		reduceEach(out[0], s, axes, in[0].Int64s(), y, integers)
	} else {
		reduceEach(out[0], s, axes, in[0].Float64s(), y, reals)
	}
	elements.SetInts(out[0], y)
	return nil
}

func argMax[T int64 | float64](v []T) int64 {
	best := 0
	for i, x := range v {
		if x > v[best] || v[best] != v[best] && x == x {
			best = i
		}
	}
	return int64(best)
}
