package indexing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[StridedSlice]("StridedSlice")

// StridedSlice is Python's slicing x[begin:end:stride, ...].
//
// Bit i of a mask applies to item i of begin, end and strides. With BeginMask or EndMask the limit is left out
// (x[:end], x[begin:]). EllipsisMask makes the item stand for all dimensions that the other items leave
// (x[..., i]). NewAxisMask inserts a dimension of 1. ShrinkAxisMask takes one element and removes the dimension
// (x[i]).
//
//	Inputs:  x: any type, any shape
//	         begin, end, strides: i32 or i64, [n], n <= rank + new axes
//	Outputs: y: the type of x
//
//	C1: begin, end and strides are i32 or i64, of one shape [n]
//	C2: no stride is 0; it is positive for a shrunk axis
//	C3: there is at most one ellipsis, and not more items than dimensions
//	C4: the index of a shrunk axis is inside the dimension
//
// It is TensorFlow's StridedSlice and nGraph's DynSlice.
type StridedSlice struct {
	BeginMask      int `json:"begin_mask,omitempty"`
	EndMask        int `json:"end_mask,omitempty"`
	EllipsisMask   int `json:"ellipsis_mask,omitempty"`
	NewAxisMask    int `json:"new_axis_mask,omitempty"`
	ShrinkAxisMask int `json:"shrink_axis_mask,omitempty"`
}

// InputNames names the inputs.
func (op *StridedSlice) InputNames() []string { return []string{"x", "begin", "end", "strides"} }

// Infer checks C1 to C4.
func (op *StridedSlice) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	items := core.Shape{core.Unknown}
	for i := 1; i < 4; i++ {
		if err := infer.CheckIndexVector("C1", in, i); err != nil {
			return nil, err
		}
		merged, ok := items.Merge(in[i].Shape)
		if !ok {
			return nil, core.Violation("C1", i, "got shape %v, want %v", in[i].Shape, items)
		}
		items = merged
	}
	begin, ok1 := infer.IntsOf(in[1])
	end, ok2 := infer.IntsOf(in[2])
	strides, ok3 := infer.IntsOf(in[3])
	if !in[0].Shape.Ranked() || !items.Static() || items[0] > core.MaxRank {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	s := in[0].Shape
	if !ok1 || !ok2 || !ok3 {
		whole := op.BeginMask & op.EndMask &^ op.ShrinkAxisMask
		if !ok3 {
			strides, whole = slices.Repeat([]int64{1}, items[0]), 0
		}
		s, begin, end = op.blurred(s, items[0], whole), make([]int64, items[0]), make([]int64, items[0])
	}
	_, shape, err := op.cuts(s, begin, end, strides)
	return []core.Fact{{Type: in[0].Type, Shape: shape}}, err
}

// blurred returns a shape in which the dimensions are unknown that belong to items with unknown values. It leaves those
// of the items in the mask whole.
func (op *StridedSlice) blurred(s core.Shape, items, whole int) core.Shape {
	s = s.Clone()
	at, step := 0, 1
	order := make([]int, items)
	for i := range order {
		order[i] = i
	}
	for n := 0; n < len(order) && at >= 0 && at < len(s); n++ {
		bit := 1 << min(order[n], 62)
		switch {
		case op.EllipsisMask&bit != 0 && step > 0: // the rest is counted from the last dimension
			slices.Reverse(order[n+1:])
			at, step = len(s)-1, -1
		case op.NewAxisMask&bit == 0:
			if whole&bit == 0 {
				s[at] = core.Unknown
			}
			at += step
		}
	}
	return s
}

// cut says which indices of one dimension are taken.
type cut struct{ from, step, count int } // from and count are Unknown for a dimension that is

// cuts returns which indices are taken of each dimension of x, and the output's shape.
func (op *StridedSlice) cuts(s core.Shape, begin, end, strides []int64) ([]cut, core.Shape, error) {
	used, ellipsis := 0, -1
	for i := range begin {
		switch bit := 1 << min(i, 62); {
		case op.EllipsisMask&bit != 0 && ellipsis >= 0:
			return nil, nil, core.Violation("C3", -1, "got ellipsis mask %b, want at most one ellipsis", op.EllipsisMask)
		case op.EllipsisMask&bit != 0:
			ellipsis = i
		case op.NewAxisMask&bit == 0:
			used++
		}
	}
	if used > len(s) || len(begin) > core.MaxRank {
		return nil, nil, core.Violation("C3", 1, "got %d indices for shape %v, want at most %d", used, s, len(s))
	}
	var cuts []cut
	out := core.Shape{}
	all := func(n int) {
		for range n {
			d := s[len(cuts)]
			cuts, out = append(cuts, cut{0, 1, d}), append(out, d)
		}
	}
	for i := range begin {
		bit := 1 << min(i, 62)
		switch {
		case op.EllipsisMask&bit != 0:
			all(len(s) - used)
		case op.NewAxisMask&bit != 0:
			out = append(out, 1)
		default:
			d := len(cuts)
			c, err := op.cut(s[d], bit, begin[i], end[i], strides[i])
			if err != nil {
				return nil, nil, err
			}
			if cuts = append(cuts, c); op.ShrinkAxisMask&bit == 0 {
				out = append(out, c.count)
			}
		}
	}
	all(len(s) - len(cuts))
	return cuts, out, nil
}

// cut returns which indices of a dimension item bit takes.
func (op *StridedSlice) cut(dim, bit int, begin, end, stride int64) (cut, error) {
	if stride == 0 || op.ShrinkAxisMask&bit != 0 && stride < 0 {
		return cut{}, core.Violation("C2", 3, "got stride %d, want another than 0, positive for a shrunk axis", stride)
	}
	n := int64(dim)
	if op.ShrinkAxisMask&bit != 0 {
		if dim == core.Unknown {
			return cut{core.Unknown, 1, 1}, nil
		}
		if begin < -n || begin >= n {
			return cut{}, core.Violation("C4", 1, "got index %d for a dimension of %d", begin, dim)
		}
		return cut{int((begin%n + n) % n), 1, 1}, nil
	}
	stride = min(max(stride, -core.MaxElements), core.MaxElements)
	if dim == core.Unknown {
		return cut{core.Unknown, int(stride), core.Unknown}, nil
	}
	lo, hi, sign := int64(0), n, int64(1) // the bounds of begin and end
	if stride < 0 {
		lo, hi, sign = -1, n-1, -1
	}
	place := func(v int64, masked bool, all int64) int64 {
		switch {
		case masked:
			return all
		case v < 0:
			v += n
		}
		return min(max(v, lo), hi)
	}
	first, last := lo, hi
	if stride < 0 {
		first, last = hi, lo
	}
	from, to := place(begin, op.BeginMask&bit != 0, first), place(end, op.EndMask&bit != 0, last)
	count := max((to-from+stride-sign)/stride, 0)
	return cut{int(from), int(stride), int(count)}, nil
}

// Eval copies what is taken.
func (op *StridedSlice) Eval(in, out []*core.Tensor) error {
	x := in[0]
	cuts, shape, err := op.cuts(x.Shape(), in[1].Int64s(), in[2].Int64s(), in[3].Int64s())
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, x.Type(), shape); err != nil {
		return err
	}
	src := elements.Region{Tensor: x}
	taken := make(core.Shape, len(cuts))
	for i, st := range elements.RowMajorStrides(x.Shape()) {
		src.At += cuts[i].from * st
		src.Strides = append(src.Strides, cuts[i].step*st)
		taken[i] = cuts[i].count
	}
	elements.Move(elements.Region{Tensor: out[0], Strides: elements.RowMajorStrides(taken)}, src, taken)
	return nil
}

// Cut returns the first element that is taken, if the elements are contiguous.
func (op *StridedSlice) Cut(in []core.Operand) (first int, ok bool) {
	cuts, ok := op.knownCuts(in)
	if !ok {
		return 0, false
	}
	return firstOf(in[0].Shape, cuts)
}

// Slices are the indices of the items.
func (op *StridedSlice) Slices(in []core.Operand) (trait.Places, bool) {
	cuts, ok := op.knownCuts(in)
	return placesOf(in[0].Shape, cuts), ok
}

// knownCuts returns which indices are taken of each dimension of x; false if they are not known.
func (op *StridedSlice) knownCuts(in []core.Operand) (cuts []cut, ok bool) {
	var index [3][]int64
	for i := range index {
		if index[i], ok = infer.IntsOf(in[i+1]); !ok {
			return nil, false
		}
	}
	if !in[0].Shape.Static() {
		return nil, false
	}
	cuts, _, err := op.cuts(in[0].Shape, index[0], index[1], index[2])
	return cuts, err == nil
}
