package array

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var (
	_ = core.Register[SpaceToBatch]("SpaceToBatch")
	_ = core.Register[BatchToSpace]("BatchToSpace")
)

// SpaceToBatch pads the first spatial dimensions with zeros and moves blocks of them into
// the batch.
//
//	y[((b1*B2 + b2)...)*N + n, i1, i2, ..., r...] = padded x[n, i1*B1 + b1, i2*B2 + b2, ..., r...]
//
//	Inputs:  x: any type but string, [N, spatial (M)..., rest...]
//	         block: i32 or i64, [M]
//	         paddings: i32 or i64, [M, 2]: before and after each dimension
//	Outputs: y: the type of x
//
//	C1: block is i32 or i64 of shape [M], its elements >= 1
//	C2: paddings are i32 or i64 of shape [M, 2], >= 0
//	C3: x has rank M+1 or more; each block size divides its padded dimension
//
// It is TensorFlow's SpaceToBatchND, and nGraph's op::v1::SpaceToBatch, whose lists cover
// all dimensions.
type SpaceToBatch struct{}

// BatchToSpace moves blocks of the batch into the spatial dimensions and crops these. It is the
// inverse of SpaceToBatch.
//
//	Inputs:  x: any type but string, [N*B1*B2..., spatial (M)..., rest...]
//	         block: i32 or i64, [M]
//	         crops: i32 or i64, [M, 2]: before and after each dimension
//	Outputs: y: the type of x
//
//	C1: block is i32 or i64 of shape [M], its elements >= 1
//	C2: crops are i32 or i64 of shape [M, 2], >= 0, within the dimension
//	C3: x has rank M+1 or more; the product of block divides the batch
//
// It is TensorFlow's BatchToSpaceND, and nGraph's op::v1::BatchToSpace.
type BatchToSpace struct{}

// InputNames names the inputs.
func (op *SpaceToBatch) InputNames() []string { return []string{"x", "block", "paddings"} }

// InputNames names the inputs.
func (op *BatchToSpace) InputNames() []string { return []string{"x", "block", "crops"} }

// Infer checks C1 to C3.
func (op *SpaceToBatch) Infer(in []core.Operand) ([]core.Fact, error) {
	block, pads, err := blockLists(in)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if block == nil || pads == nil || !s.Ranked() {
		return []core.Fact{{Type: in[0].Type, Shape: sameRank(s)}}, nil
	}
	out := s.Clone()
	for i, b := range block {
		if d := s[i+1]; d != core.Unknown {
			padded := int64(d) + pads[2*i] + pads[2*i+1]
			if padded%b != 0 {
				return nil, core.Violation("C3", 1,
					"got block %v and paddings %v for shape %v, want block sizes that divide the padded dimensions",
					block, pads, s)
			}
			out[i+1] = int(padded / b)
		}
		if out[0], err = timesBlock(out[0], b); err != nil {
			return nil, err
		}
	}
	out, err = infer.CheckedShape(out)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// Infer checks C1 to C3.
func (op *BatchToSpace) Infer(in []core.Operand) ([]core.Fact, error) {
	block, crops, err := blockLists(in)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if block == nil || crops == nil || !s.Ranked() {
		return []core.Fact{{Type: in[0].Type, Shape: sameRank(s)}}, nil
	}
	out := s.Clone()
	for i, b := range block {
		if out[0] != core.Unknown {
			if int64(out[0])%b != 0 {
				return nil, core.Violation("C3", 1, "got block %v for shape %v, want a product that divides the batch", block, s)
			}
			out[0] = int(int64(out[0]) / b)
		}
		if s[i+1] == core.Unknown {
			continue
		}
		d, err := timesBlock(s[i+1], b)
		if err != nil {
			return nil, err
		}
		if left := int64(d) - crops[2*i] - crops[2*i+1]; left >= 0 {
			out[i+1] = int(left)
			continue
		}
		return nil, core.Violation("C2", 2, "got crops %v of a dimension of %d", crops, d)
	}
	out, err = infer.CheckedShape(out)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// timesBlock returns a dimension times a block size.
func timesBlock(d int, block int64) (int, error) {
	if d == core.Unknown {
		return core.Unknown, nil
	}
	n, err := core.Shape{d, int(block)}.Elements()
	if err != nil {
		return 0, core.Violation("C3", 1, "%v", err)
	}
	return n, nil
}

func sameRank(s core.Shape) core.Shape {
	if !s.Ranked() {
		return nil
	}
	return infer.UnknownShape(len(s))
}

// blockLists checks C1, C2 and the rank; a list that is not known is nil.
func blockLists(in []core.Operand) (block, pads []int64, err error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, nil, err
	}
	if in[0].Type == core.String {
		return nil, nil, core.Violation("C3", 0, "got type string, want another")
	}
	if err := infer.CheckIndexVector("C1", in, 1); err != nil {
		return nil, nil, err
	}
	m := core.Unknown
	if s := in[1].Shape; s.Ranked() {
		m = s[0]
	}
	o := in[2]
	if o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic || !o.Shape.Compatible(core.Shape{m, 2}) {
		return nil, nil, core.Violation("C2", 2, "got %v, want i32 or i64 of shape %v", o.Fact, core.Shape{m, 2})
	}
	if s := in[0].Shape; s.Ranked() && len(s) <= m {
		return nil, nil, core.Violation("C3", 0, "got shape %v, want rank %d or more", s, m+1)
	}
	block, known := infer.IntsOf(in[1])
	if known && block == nil {
		block = []int64{}
	}
	for _, b := range block {
		if b < 1 || b > core.MaxElements {
			return nil, nil, core.Violation("C1", 1, "got %v, want numbers in [1, %d]", block, int64(core.MaxElements))
		}
	}
	pads, known = infer.IntsOf(in[2])
	if known && pads == nil {
		pads = []int64{}
	}
	for _, p := range pads {
		if p < 0 || p > core.MaxElements {
			return nil, nil, core.Violation("C2", 2, "got %v, want numbers in [0, %d]", pads, int64(core.MaxElements))
		}
	}
	return block, pads, nil
}

// Eval copies each block.
func (op *SpaceToBatch) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	clear(out[0].Bytes())
	toBatch := func(at, many int, space, batch []int, shape core.Shape) {
		elements.Move(elements.Region{Tensor: out[0], At: many, Strides: batch},
			elements.Region{Tensor: in[0], At: at, Strides: space}, shape)
	}
	eachBlock(in[0].Shape(), out[0].Shape(), in[1].Int64s(), in[2].Int64s(), toBatch)
	return nil
}

// Eval copies each block.
func (op *BatchToSpace) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	toSpace := func(at, many int, space, batch []int, shape core.Shape) {
		elements.Move(elements.Region{Tensor: out[0], At: at, Strides: space},
			elements.Region{Tensor: in[0], At: many, Strides: batch}, shape)
	}
	eachBlock(out[0].Shape(), in[0].Shape(), in[1].Int64s(), in[2].Int64s(), toSpace)
	return nil
}

// eachBlock calls f for each position within a block, with the region (start and strides) of the elements at
// that position in the tensor laid out in space, their region in the tensor laid out in batches, and their
// shape. offsets are the paddings or crops.
func eachBlock(space, batch core.Shape, block, offsets []int64,
	f func(at, many int, spaceStrides, batchStrides []int, shape core.Shape),
) {
	m := len(block)
	ss, bs := elements.RowMajorStrides(space), elements.RowMajorStrides(batch)
	strides := slices.Clone(ss)
	positions := make(core.Shape, m)
	for i, b := range block {
		positions[i] = int(b)
		strides[i+1] *= int(b)
	}
	number := 0
	elements.EachIndex(positions, func(p []int) {
		at, many := 0, number*space[0]*bs[0]
		number++
		shape := space.Clone()
		for i, b := range block {
			// Element j in the batch is at the spatial position j*b + p - offset.
			first := 0
			before := int(offsets[2*i]) - p[i]
			if before > 0 {
				first = (before + int(b) - 1) / int(b)
			}
			start := first*int(b) - before
			shape[i+1] = 0
			if start < space[i+1] {
				shape[i+1] = min((space[i+1]-start+int(b)-1)/int(b), batch[i+1]-first)
			}
			at += start * ss[i+1]
			many += first * bs[i+1]
		}
		if !slices.ContainsFunc(shape, func(d int) bool { return d <= 0 }) {
			f(at, many, strides, bs, shape)
		}
	})
}
