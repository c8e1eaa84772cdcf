package indexing

import (
	"cmp"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[NthElement]("NthElement")

// NthElement finds what is at place n of each row, along the last axis, once the row is in ascending order; with
// Reverse, in descending order.
//
//	Inputs:  x: a number type, [..., length]
//	         n: i32, []
//	Outputs: y: the type of x, [...]
//
//	C1: x is a number of rank 1 or more
//	C2: n is i32 of shape [], in [0, length)
//
// Of a row with NaN the place is not defined. It is TensorFlow's NthElement.
type NthElement struct {
	Reverse bool `json:"reverse,omitempty"`
}

// InputNames names the inputs.
func (op *NthElement) InputNames() []string { return []string{"x", "n"} }

// Infer checks C1 and C2.
func (op *NthElement) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	s := in[0].Shape
	switch {
	case !infer.IsNumber(in[0].Type) || s.Ranked() && len(s) == 0:
		return nil, core.Violation("C1", 0, "got %v, want numbers of rank 1 or more", in[0].Fact)
	case !in[1].Type.Compatible(core.I32) || !in[1].Shape.Compatible(core.Shape{}):
		return nil, core.Violation("C2", 1, "got %v, want i32[]", in[1].Fact)
	case !s.Ranked():
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	length := s[len(s)-1]
	if n, ok := infer.IntsOf(in[1]); ok && (n[0] < 0 || length != core.Unknown && n[0] >= int64(length)) {
		return nil, core.Violation("C2", 1, "got %d for rows of %d, want in [0, the length)", n[0], length)
	}
	return []core.Fact{{Type: in[0].Type, Shape: s[:len(s)-1]}}, nil
}

// Eval selects in each row.
func (op *NthElement) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	x, y := in[0], out[0]
	length := x.Shape()[len(x.Shape())-1]
	n := int(core.Data[int32](in[1])[0])
	if op.Reverse {
		n = length - 1 - n
	}
	switch t := x.Type(); {
	case t == core.F32:
		nth(core.Data[float32](y), slices.Clone(core.Data[float32](x)), length, n)
	case t == core.F64:
		nth(core.Data[float64](y), slices.Clone(core.Data[float64](x)), length, n)
	case t == core.I32:
		nth(core.Data[int32](y), slices.Clone(core.Data[int32](x)), length, n)
	case t == core.U64:
		nth(core.Data[uint64](y), slices.Clone(core.Data[uint64](x)), length, n)
	case t.IsFloat():
		found := make([]float32, y.Len())
		nth(found, x.Float32s(), length, n)
		elements.SetFloat32s(y, found)
	default:
		found := make([]int64, y.Len())
		nth(found, x.Int64s(), length, n)
		elements.SetInts(y, found)
	}
	return nil
}

// nth sets y to element n of each sorted row of x, whose order it changes.
func nth[T interface {
	cmp.Ordered
	numeric.Number
}](y, x []T, length, n int) {
	for i := range y {
		y[i] = selected(x[i*length:][:length], n)
	}
}

// selected returns element n of a row once it is sorted. It parts the row at the median of three until few elements
// are left; if that takes many rounds, it sorts them.
func selected[T cmp.Ordered](row []T, n int) T {
	for range 64 {
		if len(row) < 16 {
			break
		}
		last := len(row) - 1
		pivot := median(row[0], row[last/2], row[last])
		i, k := 0, last
		for i <= k {
			for i < last && row[i] < pivot {
				i++
			}
			for k > 0 && pivot < row[k] {
				k--
			}
			if i <= k {
				row[i], row[k] = row[k], row[i]
				i++
				k--
			}
		}
		switch {
		case n <= k:
			row = row[:k+1]
		case n >= i:
			row, n = row[i:], n-i
		default:
			return row[n]
		}
	}
	slices.Sort(row)
	return row[n]
}

func median[T cmp.Ordered](a, b, c T) T { return max(min(a, b), min(max(a, b), c)) }

// Rows has a result for each row.
func (op *NthElement) Rows(x core.Shape) (trait.Rows, bool) { return trait.RowsOf(x, -1, op, true) }
