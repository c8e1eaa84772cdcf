package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[BroadcastTo]("BroadcastTo")

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
func (op *BroadcastTo) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := infer.CheckIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	target, ok := infer.IntsOf(in[1])
	if !ok {
		var s core.Shape
		if t := in[1].Shape; t.Static() && t[0] <= core.MaxRank {
			if s = infer.UnknownShape(t[0]); in[0].Shape.Ranked() && len(in[0].Shape) > len(s) {
				return nil, core.Violation("C2", 1, "got a shape of rank %d, to which %v does not broadcast", len(s), in[0].Shape)
			}
		}
		return []core.Fact{{Type: in[0].Type, Shape: s}}, nil
	}
	s, err := broadcastTarget(in[0].Shape, target)
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

func broadcastTarget(from core.Shape, target []int64) (core.Shape, error) {
	if len(target) > core.MaxRank {
		return nil, core.Violation("C1", 1, "got a shape of rank %d, want at most %d", len(target), core.MaxRank)
	}
	s := make(core.Shape, len(target))
	for i, d := range target {
		if d < 0 || d > core.MaxElements {
			return nil, core.Violation("C1", 1, "got shape %v, want dimensions in [0, %d]", target, int64(core.MaxElements))
		}
		s[i] = int(d)
	}
	if from.Ranked() {
		lead := len(s) - len(from)
		for i, d := range from {
			if lead < 0 || d != 1 && d != core.Unknown && d != s[lead+i] {
				return nil, core.Violation("C2", 1, "got shape %v, to which %v does not broadcast", s, from)
			}
		}
	}
	return infer.CheckedShape(s)
}

// Eval copies the elements.
func (op *BroadcastTo) Eval(in, out []*core.Tensor) error {
	s, err := broadcastTarget(in[0].Shape(), in[1].Int64s())
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	elements.Move(elements.Whole(out[0]),
		elements.Region{Tensor: in[0], Strides: elements.BroadcastStrides(in[0].Shape(), s)}, s)
	return nil
}

// Places are index 0 along the axes that are broadcast.
func (op *BroadcastTo) Places(x, out core.Shape) (trait.Places, bool) {
	in := make(core.Shape, len(out))
	for i := range in {
		in[i] = 1
	}
	copy(in[len(out)-len(x):], x)
	return trait.NewPlaces(in, out, func(axis, i int) int { return min(i, in[axis]-1) }), true
}
