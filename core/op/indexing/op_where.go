package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Where]("Where")

// Where lists the indices of the elements that are not 0 or false, in row-major order.
//
//	Inputs:  x: a number type or boolean, any shape
//	Outputs: indices: i64, [how many there are, rank of x]
//
//	C1: x is a number or boolean, of rank 1 or more
//
// It is TensorFlow's Where of one input, and nGraph's op::v3::NonZero transposed.
type Where struct{}

// Infer checks C1.
func (op *Where) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; !infer.IsNumber(t) && t != core.Bool {
		return nil, core.Violation("C1", 0, "got type %v, want numbers or booleans", t)
	}
	rank := core.Unknown
	if s := in[0].Shape; s.Ranked() {
		if rank = len(s); rank == 0 {
			return nil, core.Violation("C1", 0, "got shape %v, want rank 1 or more", s)
		}
	}
	return []core.Fact{{Type: core.I64, Shape: core.Shape{core.Unknown, rank}}}, nil
}

// Eval looks at each element.
func (op *Where) Eval(in, out []*core.Tensor) error {
	found := []int64{}
	n, at := 0, 0
	values := in[0].Float64s()
	elements.EachIndex(in[0].Shape(), func(idx []int) {
		if values[at] != 0 {
			n++
			for _, i := range idx {
				found = append(found, int64(i))
			}
		}
		at++
	})
	t, err := core.TensorOf(core.Shape{n, len(in[0].Shape())}, found)
	if err != nil {
		return err
	}
	elements.Fill(out, t)
	return nil
}
