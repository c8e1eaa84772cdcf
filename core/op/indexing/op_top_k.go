package indexing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[TopK]("TopK")

// TopK finds the largest elements along the last axis, in descending order. Equal elements keep their order.
// NaN comes last.
//
//	Inputs:  x: a number type, rank at least 1
//	         k: an integer type, []
//	Outputs: values: the type of x; its shape with k as the last dimension
//	         indices: Type, that shape
//
//	C1: x is a number (not u64) of rank 1 or more
//	C2: k is an integer of shape [], in [0, last dimension]
//	C3: Type is i16, i32 or i64
//
// It is nGraph's op::v0::TopK and TensorFlow's TopKV2 along the last axis.
type TopK struct {
	Type core.Type `json:"type"`
}

// InputNames names the inputs.
func (op *TopK) InputNames() []string { return []string{"x", "k"} }

// Infer checks C1 to C3.
func (op *TopK) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	x, k := in[0], in[1]
	switch {
	case !infer.IsNumber(x.Type) || x.Type == core.U64 || x.Shape.Ranked() && len(x.Shape) == 0:
		return nil, core.Violation("C1", 0, "got %v, want numbers of rank 1 or more", x.Fact)
	case k.Type != core.Dynamic && !k.Type.IsInteger() || !k.Shape.Compatible(core.Shape{}):
		return nil, core.Violation("C2", 1, "got %v, want an integer of shape []", k.Fact)
	case op.Type != core.I16 && op.Type != core.I32 && op.Type != core.I64:
		return nil, core.Violation("C3", -1, "type: got %v, want i16, i32 or i64", op.Type)
	}
	if !x.Shape.Ranked() {
		return []core.Fact{{Type: x.Type}, {Type: op.Type}}, nil
	}
	s := x.Shape.Clone()
	last := len(s) - 1
	n := s[last]
	s[last] = core.Unknown
	if v, ok := infer.IntsOf(k); ok {
		if v[0] < 0 || v[0] > core.MaxElements || n != core.Unknown && v[0] > int64(n) {
			return nil, core.Violation("C2", 1, "got %d for shape %v, want 0 to the last dimension", v[0], x.Shape)
		}
		s[last] = int(v[0])
	}
	s, err := infer.CheckedShape(s)
	return []core.Fact{{Type: x.Type, Shape: s}, {Type: op.Type, Shape: s}}, err
}

// Eval sorts each row.
func (op *TopK) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer([]core.Operand{{Fact: in[0].Fact(), Const: in[0]}, {Fact: in[1].Fact(), Const: in[1]}})
	if err != nil {
		return err
	}
	for i, f := range facts {
		if err := elements.Ensure(out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	n, k := in[0].Shape()[len(in[0].Shape())-1], int(in[1].Int64s()[0])
	if k == 0 || out[0].Len() == 0 {
		return nil
	}
	var order []int
	if in[0].Type().IsInteger() {
		order = largestOf(out[0], in[0].Int64s(), n, k)
	} else {
		order = largestOf(out[0], in[0].Float64s(), n, k)
	}
	indices := make([]int64, len(order))
	one := elements.Region{Tensor: in[0], Strides: []int{1}}
	for i, at := range order {
		indices[i] = int64(at % n)
		one.At = at
		elements.Move(elements.Region{Tensor: out[0], At: i, Strides: []int{1}}, one, core.Shape{1})
	}
	elements.SetInts(out[1], indices)
	return nil
}

// largestOf returns the positions of the k largest elements of each row of n. If the tensor to is abandoned, the
// positions are arbitrary.
func largestOf[T int64 | float64](to *core.Tensor, x []T, n, k int) []int {
	out := make([]int, 0, len(x)/n*k)
	row := make([]int, n)
	compared, abandoned := 0, false
	for base := 0; base < len(x); base += n {
		for i := range row {
			row[i] = base + i
		}
		slices.SortFunc(row, func(i, j int) int {
			if compared++; compared%(1<<20) == 0 {
				abandoned = abandoned || to.Abandoned()
			}
			if abandoned {
				return 0
			}
			switch a, b := x[i], x[j]; {
			case a > b, a == a && b != b:
				return -1
			case a < b, a != a && b == b:
				return 1
			}
			return i - j
		})
		out = append(out, row[:k]...)
	}
	return out
}
