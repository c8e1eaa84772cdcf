package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Tile]("Tile")

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
func (op *Tile) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := infer.CheckIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	if want := (core.Shape{len(s)}); !in[1].Shape.Compatible(want) {
		return nil, core.Violation("C1", 1, "got shape %v, want %v: one multiple per dimension of x", in[1].Shape, want)
	}
	multiples, ok := infer.IntsOf(in[1])
	if !ok {
		return []core.Fact{{Type: in[0].Type, Shape: infer.UnknownShape(len(s))}}, nil
	}
	out, err := tiled(s, multiples)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

func tiled(s core.Shape, multiples []int64) (core.Shape, error) {
	out := make(core.Shape, len(s))
	for i, m := range multiples {
		if m < 0 || m > core.MaxElements || s[i] > core.MaxElements {
			return nil, core.Violation("C1", 1, "got multiples %v, want each in [0, %d]", multiples, int64(core.MaxElements))
		}
		if out[i] = core.Unknown; s[i] != core.Unknown {
			n, err := core.Shape{s[i], int(m)}.Elements()
			if err != nil {
				return nil, core.Violation("C1", 1, "got multiples %v for shape %v: %v", multiples, s, err)
			}
			out[i] = n
		}
	}
	return infer.CheckedShape(out)
}

// Eval copies x once per repetition.
func (op *Tile) Eval(in, out []*core.Tensor) error {
	x := in[0]
	multiples := in[1].Int64s()
	to, err := tiled(x.Shape(), multiples)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, x.Type(), to); err != nil {
		return err
	}
	// Split each dimension of y in (repetition, element); x is read with stride 0 along
	// the repetitions.
	dst, src := elements.Region{Tensor: out[0]}, elements.Region{Tensor: x}
	var pairs core.Shape
	from, st := elements.RowMajorStrides(x.Shape()), elements.RowMajorStrides(to)
	for i, d := range x.Shape() {
		pairs = append(pairs, int(multiples[i]), d)
		dst.Strides = append(dst.Strides, d*st[i], st[i])
		src.Strides = append(src.Strides, 0, from[i])
	}
	elements.Move(dst, src, pairs)
	return nil
}

// Places repeat the indices of each axis.
func (op *Tile) Places(x, out core.Shape) (trait.Places, bool) {
	return trait.NewPlaces(x, out, func(axis, i int) int { return i % x[axis] }), true
}
