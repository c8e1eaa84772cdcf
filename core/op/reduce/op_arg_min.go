package reduce

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[ArgMin]("ArgMin")

// ArgMin is the index of the smallest element along an axis, the first among equals.
//
//	Inputs:  x: a number type, rank at least 1
//	Outputs: y: Type; the shape of x without the axis
//
//	C1: x is a number; Type is i32 or i64
//	C2: Axis is in [-rank, rank)
//	C3: the dimension at the axis is not 0
//
// It is nGraph's op::v0::ArgMin and TensorFlow's ArgMin. NaN is never the smallest.
type ArgMin struct {
	Axis int       `json:"axis"`
	Type core.Type `json:"type"`
}

// Infer checks C1 to C3.
func (op *ArgMin) Infer(in []core.Operand) ([]core.Fact, error) { return (*ArgMax)(op).Infer(in) }

// Eval compares in order.
func (op *ArgMin) Eval(in, out []*core.Tensor) error {
	return (*ArgMax)(op).find(in, out, argMin[int64], argMin[float64])
}

// Widens is true: f32 has the numbers of bf16 and f16.
func (op *ArgMin) Widens() bool { return true }

// Rows are along the axis, if it is the last one.
func (op *ArgMin) Rows(x core.Shape) (trait.Rows, bool) {
	return trait.RowsOf(x, op.Axis, &ArgMin{Axis: 1, Type: op.Type}, true)
}

func argMin[T int64 | float64](v []T) int64 {
	best := 0
	for i, x := range v {
		if x < v[best] || v[best] != v[best] && x == x {
			best = i
		}
	}
	return int64(best)
}
