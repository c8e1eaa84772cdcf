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

// positions returns the indices of the elements that are not 0, one after the other. Of each block it first notes the
// places: that of every element, which the next one replaces unless it is not 0. A branch would be mispredicted often.
func positions[T byte | float64](v []T, s core.Shape) []int64 {
	n := 0
	for _, e := range v {
		if e != 0 {
			n++
		}
	}
	found, to := make([]int64, n*len(s)), 0
	var places [256]uint8
	for first := 0; first < len(v); first += len(places) {
		block, count := v[first:min(first+len(places), len(v))], 0
		for i, e := range block {
			if places[uint8(count)] = uint8(i); e != 0 {
				count++
			}
		}
		for _, i := range places[:count] {
			unravel(found[to:to+len(s)], first+int(i), s)
			to += len(s)
		}
	}
	return found
}

// unravel sets index to that of element number i of a shape.
func unravel(index []int64, i int, s core.Shape) {
	rest := uint64(i)
	for d := len(s) - 1; d > 0; d-- {
		n := uint64(s[d])
		next := rest / n
		if rest>>32 == 0 { // a shorter division
			next = uint64(uint32(rest) / uint32(n))
		}
		index[d] = int64(rest - next*n)
		rest = next
	}
	index[0] = int64(rest)
}
