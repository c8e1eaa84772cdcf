package indexing

import (
	"cmp"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[SearchSorted]("SearchSorted")

// SearchSorted finds where values belong in sorted rows, by bisection.
//
//	y[b, i] = how many of sorted[b] are less than values[b, i]; with Upper, less than or equal to it
//
//	Inputs:  sorted: a number type, [B, n], in ascending order
//	         values: that type, [B, m]
//	Outputs: y: Type, [B, m]
//
//	C1: sorted is a number of rank 2
//	C2: values have the type of sorted, and rank 2, with as many rows
//	C3: Type is i32 or i64
//
// It is TensorFlow's LowerBound and UpperBound.
type SearchSorted struct {
	Upper bool      `json:"upper,omitempty"`
	Type  core.Type `json:"type"`
}

// InputNames names the inputs.
func (op *SearchSorted) InputNames() []string { return []string{"sorted", "values"} }

// Infer checks C1 to C3.
func (op *SearchSorted) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	rows, ok := in[0].Shape.Merge(infer.UnknownShape(2))
	if !infer.IsNumber(in[0].Type) || !ok {
		return nil, core.Violation("C1", 0, "got %v, want numbers of rank 2", in[0].Fact)
	}
	s, ok := in[1].Shape.Merge(core.Shape{rows[0], core.Unknown})
	if !in[1].Type.Compatible(in[0].Type) || !ok {
		return nil, core.Violation("C2", 1, "got %v, want %v of shape %v", in[1].Fact, in[0].Type,
			core.Shape{rows[0], core.Unknown})
	}
	if op.Type != core.I32 && op.Type != core.I64 {
		return nil, core.Violation("C3", -1, "type: got %v, want i32 or i64", op.Type)
	}
	return []core.Fact{{Type: op.Type, Shape: s}}, nil
}

// Eval bisects.
func (op *SearchSorted) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	x, v := in[0], in[1]
	n, m := x.Shape()[1], v.Shape()[1]
	at := make([]int64, v.Len())
	switch t := x.Type(); {
	case t == core.F32:
		search(at, core.Data[float32](x), core.Data[float32](v), n, m, op.Upper)
	case t == core.I32:
		search(at, core.Data[int32](x), core.Data[int32](v), n, m, op.Upper)
	case t == core.U64:
		search(at, core.Data[uint64](x), core.Data[uint64](v), n, m, op.Upper)
	case t.IsInteger():
		search(at, x.Int64s(), v.Int64s(), n, m, op.Upper)
	case t.IsHalf():
		search(at, x.Float32s(), v.Float32s(), n, m, op.Upper)
	default:
		search(at, x.Float64s(), v.Float64s(), n, m, op.Upper)
	}
	elements.SetInts(out[0], at)
	return nil
}

// search sets at to where each of m values belongs in its row of n elements.
func search[T interface {
	cmp.Ordered
	numeric.Number
}](at []int64, x, v []T, n, m int, upper bool) {
	for i := range at {
		row, value := x[i/m*n:][:n], v[i]
		first, length := 0, n
		for length > 0 {
			half := length / 2
			e := row[first+half]
			if upper && !(value < e) || !upper && e < value {
				first += half + 1
				length -= half + 1
			} else {
				length = half
			}
		}
		at[i] = int64(first)
	}
}
