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
	x, s := in[0], core.Shape(in[0].Shape())
	var found []int64
	if x.Type().Size() == 1 {
		found = positions(x.Bytes(), s)
	} else {
		found = positions(x.Float64s(), s)
	}
	t, err := core.TensorOf(core.Shape{len(found) / len(s), len(s)}, found)
	if err != nil {
		return err
	}
	elements.Fill(out, t)
	return nil
}

// positions returns the indices of the elements that are not 0, one after the other. It writes those of every element,
// which the next ones replace unless it is not 0: a branch would be mispredicted often.
func positions[T byte | float64](v []T, s core.Shape) []int64 {
	n := 0
	for _, e := range v {
		if e != 0 {
			n++
		}
	}
	found, at := make([]int64, (n+1)*len(s)), 0
	last := len(s) - 1
	index := make([]int64, last)
	for ; len(v) > 0; v = v[s[last]:] {
		for i, e := range v[:s[last]] {
			for d, k := range index { // of few axes, for which a call would take longer
				found[at+d] = k
			}
			if found[at+last] = int64(i); e != 0 {
				at += len(s)
			}
		}
		for d := last - 1; d >= 0; d-- {
			if index[d]++; index[d] < int64(s[d]) {
				break
			}
			index[d] = 0
		}
	}
	return found[:at]
}
