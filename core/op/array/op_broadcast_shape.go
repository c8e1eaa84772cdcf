package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[BroadcastShape]("BroadcastShape")

// BroadcastShape returns the shape that two shapes broadcast to by NumPy's rules.
//
//	Inputs:  a, b: i32 or i64, [rank]
//	Outputs: y: the type of a, [the larger rank]
//
//	C1: a and b are of one type, i32 or i64, of rank 1, at most 254 long
//	C2: they broadcast; no dimension is negative
//
// It is TensorFlow's BroadcastArgs.
type BroadcastShape struct{}

// Infer checks C1, and C2 of constants.
func (op *BroadcastShape) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	n := core.Shape{0}
	for i, o := range in {
		if err := infer.CheckIndexVector("C1", in, i); err != nil {
			return nil, err
		}
		switch s := o.Shape; {
		case !o.Type.Compatible(in[0].Type) || s.Ranked() && s[0] > core.MaxRank:
			return nil, core.Violation("C1", i, "got %v, want a vector of at most %d, of the other's type", o.Fact, core.MaxRank)
		case !s.Static() || n[0] == core.Unknown:
			n[0] = core.Unknown
		default:
			n[0] = max(n[0], s[0])
		}
	}
	a, ok1 := infer.IntsOf(in[0])
	b, ok2 := infer.IntsOf(in[1])
	if ok1 && ok2 {
		if _, err := broadcastDims(a, b); err != nil {
			return nil, err
		}
	}
	return []core.Fact{{Type: max(in[0].Type, in[1].Type), Shape: n}}, nil
}

func broadcastDims(a, b []int64) ([]int64, error) {
	shapes := [2]core.Shape{{}, {}}
	for i, list := range [][]int64{a, b} {
		for _, d := range list {
			if d < 0 {
				return nil, core.Violation("C2", i, "got shape %v, want dimensions >= 0", list)
			}
			shapes[i] = append(shapes[i], int(d))
		}
	}
	s, ok := infer.BroadcastPair(shapes[0], shapes[1])
	if !ok {
		return nil, core.Violation("C2", 1, "got shape %v, which does not broadcast with %v", b, a)
	}
	y := make([]int64, len(s))
	for i, d := range s {
		y[i] = int64(d)
	}
	return y, nil
}

// Eval broadcasts.
func (op *BroadcastShape) Eval(in, out []*core.Tensor) error {
	y, err := broadcastDims(in[0].Int64s(), in[1].Int64s())
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), core.Shape{len(y)}); err != nil {
		return err
	}
	elements.SetInts(out[0], y)
	return nil
}
