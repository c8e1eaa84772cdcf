package core

import "slices"

var (
	_ = register[ShapeOf]("ShapeOf")
	_ = register[StridedSlice]("StridedSlice")
	_ = register[Slice]("Slice")
	_ = register[Gather]("Gather")
	_ = register[Tile]("Tile")
	_ = register[BroadcastTo]("BroadcastTo")
)

// ShapeOf is the shape of a tensor. It is a constant as soon as that shape is known
// (Value.Constant).
//
//	Inputs:  x: any type, any shape
//	Outputs: y: Type, [rank of x]
//
//	C1: Type is i32 or i64
//	C2: the dimensions fit Type
//
// It is nGraph's op::v0::ShapeOf and TensorFlow's Shape.
type ShapeOf struct {
	Type Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *ShapeOf) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Type != I32 && op.Type != I64 {
		return nil, Violation("C1", -1, "type: got %v, want i32 or i64", op.Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{op.Type, Shape{Unknown}}}, nil
	}
	for _, d := range s {
		if op.Type == I32 && int64(d) > 1<<31-1 {
			return nil, Violation("C2", 0, "got shape %v, whose dimensions do not fit i32", s)
		}
	}
	return []Fact{{op.Type, Shape{len(s)}}}, nil
}

// known returns the output for a value whose shape is known, else nil.
func (op *ShapeOf) known(s Shape) *Tensor {
	if !s.Static() {
		return nil
	}
	t, err := NewTensor(op.Type, Shape{len(s)})
	if err != nil {
		return nil
	}
	dims := make([]int64, len(s))
	for i, d := range s {
		dims[i] = int64(d)
	}
	t.setInts(dims)
	return t
}

// Eval lists the dimensions.
func (op *ShapeOf) Eval(in, out []*Tensor) error {
	fill(out, op.known(in[0].shape))
	return nil
}

// StridedSlice is Python's slicing x[begin:end:stride, ...].
//
// Bit i of a mask is about item i of begin, end and strides: with BeginMask or EndMask
// the item is left out (x[:end], x[begin:]); EllipsisMask makes it all dimensions that
// the other items leave (x[..., i]); NewAxisMask inserts a dimension of 1;
// ShrinkAxisMask takes one element and removes the dimension (x[i]).
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
func (op *StridedSlice) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 4); err != nil {
		return nil, err
	}
	items := Shape{Unknown}
	for i := 1; i < 4; i++ {
		if err := checkIndexVector("C1", in, i); err != nil {
			return nil, err
		}
		merged, ok := items.Merge(in[i].Shape)
		if !ok {
			return nil, Violation("C1", i, "got shape %v, want %v", in[i].Shape, items)
		}
		items = merged
	}
	begin, ok1 := intsOf(in[1])
	end, ok2 := intsOf(in[2])
	strides, ok3 := intsOf(in[3])
	if !in[0].Shape.Ranked() || !items.Static() || items[0] > maxRank {
		return []Fact{{in[0].Type, nil}}, nil
	}
	s := in[0].Shape
	if !ok1 || !ok2 || !ok3 {
		s, begin, end = op.blurred(s, items[0]), make([]int64, items[0]), make([]int64, items[0])
		if !ok3 {
			strides = slices.Repeat([]int64{1}, items[0])
		}
	}
	_, shape, err := op.cuts(s, begin, end, strides)
	return []Fact{{in[0].Type, shape}}, err
}

// blurred returns a shape without the dimensions that items of unknown values are about.
func (op *StridedSlice) blurred(s Shape, items int) Shape {
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
			s[at] = Unknown
			at += step
		}
	}
	return s
}

// cut is what is taken of one dimension.
type cut struct{ from, step, count int } // from and count are Unknown for a dimension that is

// cuts returns what is taken of each dimension of x, and the output's shape.
func (op *StridedSlice) cuts(s Shape, begin, end, strides []int64) ([]cut, Shape, error) {
	used, ellipsis := 0, -1
	for i := range begin {
		switch bit := 1 << min(i, 62); {
		case op.EllipsisMask&bit != 0 && ellipsis >= 0:
			return nil, nil, Violation("C3", -1, "got ellipsis mask %b, want at most one ellipsis", op.EllipsisMask)
		case op.EllipsisMask&bit != 0:
			ellipsis = i
		case op.NewAxisMask&bit == 0:
			used++
		}
	}
	if used > len(s) || len(begin) > maxRank {
		return nil, nil, Violation("C3", 1, "got %d indices for shape %v, want at most %d", used, s, len(s))
	}
	var cuts []cut
	out := Shape{}
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

// cut returns what item bit takes of a dimension.
func (op *StridedSlice) cut(dim, bit int, begin, end, stride int64) (cut, error) {
	if stride == 0 || op.ShrinkAxisMask&bit != 0 && stride < 0 {
		return cut{}, Violation("C2", 3, "got stride %d, want another than 0, positive for a shrunk axis", stride)
	}
	n := int64(dim)
	if op.ShrinkAxisMask&bit != 0 {
		if dim == Unknown {
			return cut{Unknown, 1, 1}, nil
		}
		if begin < -n || begin >= n {
			return cut{}, Violation("C4", 1, "got index %d for a dimension of %d", begin, dim)
		}
		return cut{int((begin%n + n) % n), 1, 1}, nil
	}
	stride = min(max(stride, -MaxElements), MaxElements)
	if dim == Unknown {
		return cut{Unknown, int(stride), Unknown}, nil
	}
	lo, hi, sign := int64(0), n, int64(1) // what begin and end may be
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
func (op *StridedSlice) Eval(in, out []*Tensor) error {
	x := in[0]
	cuts, shape, err := op.cuts(x.shape, in[1].Int64s(), in[2].Int64s(), in[3].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.typ, shape); err != nil {
		return err
	}
	src := region{tensor: x}
	taken := make(Shape, len(cuts))
	for i, st := range rowMajorStrides(x.shape) {
		src.at += cuts[i].from * st
		src.strides = append(src.strides, cuts[i].step*st)
		taken[i] = cuts[i].count
	}
	move(region{out[0], 0, rowMajorStrides(taken)}, src, taken)
	return nil
}

// Slice takes a block of elements.
//
//	Inputs:  x: any type, any shape
//	         begin: i32 or i64, [rank]: the first element
//	         size: i32 or i64, [rank]: the dimensions; -1 takes all that is left
//	Outputs: y: the type of x, of shape size
//
//	C1: begin and size are i32 or i64, of shape [rank]
//	C2: the block lies inside x
//
// It is TensorFlow's Slice.
type Slice struct{}

// InputNames names the inputs.
func (op *Slice) InputNames() []string { return []string{"x", "begin", "size"} }

// Infer checks C1 and C2.
func (op *Slice) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	s := in[0].Shape
	rank := Shape{Unknown}
	if s.Ranked() {
		rank[0] = len(s)
	}
	for i := 1; i < 3; i++ {
		if err := checkIndexVector("C1", in, i); err != nil {
			return nil, err
		}
		if !in[i].Shape.Compatible(rank) {
			return nil, Violation("C1", i, "got shape %v, want %v: one number per dimension of x", in[i].Shape, rank)
		}
	}
	if !s.Ranked() {
		return []Fact{{in[0].Type, nil}}, nil
	}
	begin, ok1 := intsOf(in[1])
	size, ok2 := intsOf(in[2])
	if !ok1 || !ok2 {
		return []Fact{{in[0].Type, unknownShape(len(s))}}, nil
	}
	out, err := blockShape(s, begin, size)
	return []Fact{{in[0].Type, out}}, err
}

// blockShape checks C2 and returns the block's shape.
func blockShape(s Shape, begin, size []int64) (Shape, error) {
	out := make(Shape, len(s))
	for i, d := range s {
		n := size[i]
		if n == -1 && d != Unknown {
			n = int64(d) - begin[i]
		}
		if begin[i] < 0 || n < -1 || n == -1 && d != Unknown || d != Unknown && (begin[i] > int64(d) || n > int64(d)-begin[i]) || n > MaxElements {
			return nil, Violation("C2", -1, "got begin %v and size %v, want a block inside shape %v", begin, size, s)
		}
		out[i] = int(n)
	}
	return out, nil
}

// Eval copies the block.
func (op *Slice) Eval(in, out []*Tensor) error {
	begin := in[1].Int64s()
	s, err := blockShape(in[0].shape, begin, in[2].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].typ, s); err != nil {
		return err
	}
	src := whole(in[0])
	for i, b := range begin {
		src.at += int(b) * src.strides[i]
	}
	move(whole(out[0]), src, s)
	return nil
}

// Gather takes slices of a tensor by index.
//
//	y[n..., a..., i..., b...] = x[n..., a..., indices[n..., i...], b...], the index at Axis
//
//	Inputs:  x: any type, rank at least 1
//	         indices: i32 or i64, any shape
//	Outputs: y: the type of x; its shape with the dimension at Axis replaced by the shape
//	         of indices without the batch dimensions n...
//
//	C1: indices are i32 or i64
//	C2: Axis is in [-rank, rank) of x
//	C3: each index is in [0, dimension at Axis)
//	C4: BatchDims is in [0, rank of indices] and at most Axis; the first BatchDims
//	    dimensions of x and indices are equal
//
// It is nGraph's op::v0::Gather and TensorFlow's GatherV2.
type Gather struct {
	Axis      int `json:"axis"`
	BatchDims int `json:"batch_dims,omitempty"` // how many dimensions are n...
}

// InputNames names the inputs.
func (op *Gather) InputNames() []string { return []string{"x", "indices"} }

// Infer checks C1 and C2, and C3 for constants.
func (op *Gather) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	if t := in[1].Type; t != I32 && t != I64 && t != Dynamic {
		return nil, Violation("C1", 1, "got type %v, want i32 or i64", t)
	}
	s, at := in[0].Shape, in[1].Shape
	if !s.Ranked() {
		return []Fact{{in[0].Type, nil}}, nil
	}
	axis, err := axisOf("C2", op.Axis, len(s))
	if err != nil {
		return nil, err
	}
	if indices, ok := intsOf(in[1]); ok && s[axis] != Unknown {
		if err := checkIndices(indices, s[axis]); err != nil {
			return nil, err
		}
	}
	if !at.Ranked() {
		return []Fact{{in[0].Type, nil}}, nil
	}
	out, err := op.shape(s, at, axis)
	return []Fact{{in[0].Type, out}}, err
}

// shape checks C4 and returns the output's shape.
func (op *Gather) shape(x, indices Shape, axis int) (Shape, error) {
	b := op.BatchDims
	if b < 0 || b > len(indices) || b > axis {
		return nil, Violation("C4", -1, "batch dims: got %d for axis %d and indices of rank %d, want in [0, %d]", b, axis, len(indices), min(axis, len(indices)))
	}
	if !x[:b].Compatible(indices[:b]) {
		return nil, Violation("C4", 1, "got shape %v for x of shape %v, want the first %d dimensions equal", indices, x, b)
	}
	return checkedShape(append(Shape{}, slices.Concat(x[:axis], indices[b:], x[axis+1:])...)) // [] is not nil
}

func checkIndices(indices []int64, n int) error {
	for _, v := range indices {
		if v < 0 || v >= int64(n) {
			return Violation("C3", 1, "got index %d, want in [0, %d)", v, n)
		}
	}
	return nil
}

// Eval copies each slice.
func (op *Gather) Eval(in, out []*Tensor) error {
	s := in[0].shape
	axis, err := axisOf("C2", op.Axis, len(s))
	if err != nil {
		return err
	}
	indices := in[1].Int64s()
	if err := checkIndices(indices, s[axis]); err != nil {
		return err
	}
	to, err := op.shape(s, in[1].shape, axis)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].typ, to); err != nil {
		return err
	}
	batch, outer, inner := Shape(s[:op.BatchDims]).elements(), Shape(s[op.BatchDims:axis]).elements(), Shape(s[axis+1:]).elements()
	n := Shape(in[1].shape[op.BatchDims:]).elements()
	dst, src := region{out[0], 0, []int{n * inner, 1}}, region{in[0], 0, []int{s[axis] * inner, 1}}
	for b := range batch {
		for i, v := range indices[b*n : (b+1)*n] {
			dst.at, src.at = (b*outer*n+i)*inner, (b*outer*s[axis]+int(v))*inner
			move(dst, src, Shape{outer, inner})
		}
	}
	return nil
}

// Tile repeats a tensor.
//
//	y[i] = x[i mod the dimensions of x]
//
//	Inputs:  x: any type, any shape
//	         multiples: i32 or i64, [rank]: how often each dimension is repeated
//	Outputs: y: the type of x; its dimensions times the multiples
//
//	C1: multiples are i32 or i64, of shape [rank], each >= 0
//
// It is nGraph's op::v0::Tile and TensorFlow's Tile.
type Tile struct{}

// InputNames names the inputs.
func (op *Tile) InputNames() []string { return []string{"x", "multiples"} }

// Infer checks C1.
func (op *Tile) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := checkIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{in[0].Type, nil}}, nil
	}
	if want := (Shape{len(s)}); !in[1].Shape.Compatible(want) {
		return nil, Violation("C1", 1, "got shape %v, want %v: one multiple per dimension of x", in[1].Shape, want)
	}
	multiples, ok := intsOf(in[1])
	if !ok {
		return []Fact{{in[0].Type, unknownShape(len(s))}}, nil
	}
	out, err := tiled(s, multiples)
	return []Fact{{in[0].Type, out}}, err
}

func tiled(s Shape, multiples []int64) (Shape, error) {
	out := make(Shape, len(s))
	for i, m := range multiples {
		if m < 0 || m > MaxElements || s[i] > MaxElements {
			return nil, Violation("C1", 1, "got multiples %v, want each in [0, %d]", multiples, int64(MaxElements))
		}
		if out[i] = Unknown; s[i] != Unknown {
			n, err := Shape{s[i], int(m)}.Elements()
			if err != nil {
				return nil, Violation("C1", 1, "got multiples %v for shape %v: %v", multiples, s, err)
			}
			out[i] = n
		}
	}
	return checkedShape(out)
}

// Eval copies x once per repetition.
func (op *Tile) Eval(in, out []*Tensor) error {
	x := in[0]
	multiples := in[1].Int64s()
	to, err := tiled(x.shape, multiples)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.typ, to); err != nil {
		return err
	}
	// Split each dimension of y in (repetition, element); x is read with stride 0 along
	// the repetitions.
	dst, src := region{tensor: out[0]}, region{tensor: x}
	var pairs Shape
	from, st := rowMajorStrides(x.shape), rowMajorStrides(to)
	for i, d := range x.shape {
		pairs = append(pairs, int(multiples[i]), d)
		dst.strides = append(dst.strides, d*st[i], st[i])
		src.strides = append(src.strides, 0, from[i])
	}
	move(dst, src, pairs)
	return nil
}

// BroadcastTo repeats a tensor along new dimensions and along those of size 1.
//
//	Inputs:  x: any type, any shape
//	         shape: i32 or i64, [rank of y]
//	Outputs: y: the type of x, of that shape
//
//	C1: shape is i32 or i64 of rank 1, its elements >= 0
//	C2: x broadcasts to that shape by NumPy's rules
//
// It is TensorFlow's BroadcastTo, its Fill (of a scalar), and nGraph's DynBroadcast.
type BroadcastTo struct{}

// InputNames names the inputs.
func (op *BroadcastTo) InputNames() []string { return []string{"x", "shape"} }

// Infer checks C1 and C2.
func (op *BroadcastTo) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := checkIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	target, ok := intsOf(in[1])
	if !ok {
		var s Shape
		if t := in[1].Shape; t.Static() && t[0] <= maxRank {
			s = unknownShape(t[0])
		}
		return []Fact{{in[0].Type, s}}, nil
	}
	s, err := broadcastTarget(in[0].Shape, target)
	return []Fact{{in[0].Type, s}}, err
}

func broadcastTarget(from Shape, target []int64) (Shape, error) {
	if len(target) > maxRank {
		return nil, Violation("C1", 1, "got a shape of rank %d, want at most %d", len(target), maxRank)
	}
	s := make(Shape, len(target))
	for i, d := range target {
		if d < 0 || d > MaxElements {
			return nil, Violation("C1", 1, "got shape %v, want dimensions in [0, %d]", target, int64(MaxElements))
		}
		s[i] = int(d)
	}
	if from.Ranked() {
		lead := len(s) - len(from)
		for i, d := range from {
			if lead < 0 || d != 1 && d != Unknown && d != s[lead+i] {
				return nil, Violation("C2", 1, "got shape %v, to which %v does not broadcast", s, from)
			}
		}
	}
	return checkedShape(s)
}

// Eval copies the elements.
func (op *BroadcastTo) Eval(in, out []*Tensor) error {
	s, err := broadcastTarget(in[0].shape, in[1].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].typ, s); err != nil {
		return err
	}
	move(whole(out[0]), region{in[0], 0, broadcastStrides(in[0].shape, s)}, s)
	return nil
}
