package indexing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[InvertPermutation]("InvertPermutation")

// InvertPermutation inverts a permutation.
//
//	y[x[i]] = i
//
//	Inputs:  x: i32 or i64, [n]
//	Outputs: y: the type of x, [n]
//
//	C1: x is i32 or i64 of rank 1
//	C2: x holds each of 0 to n-1 once
//
// It is TensorFlow's InvertPermutation.
type InvertPermutation struct{}

// Infer checks C1, and C2 of constants.
func (op *InvertPermutation) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.CheckIndexVector("C1", in, 0); err != nil {
		return nil, err
	}
	if v, ok := infer.IntsOf(in[0]); ok {
		if _, err := inverted(v); err != nil {
			return nil, err
		}
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = core.Shape{core.Unknown}
	}
	return []core.Fact{{Type: in[0].Type, Shape: s}}, nil
}

func inverted(x []int64) ([]int64, error) {
	y := slices.Repeat([]int64{-1}, len(x))
	for i, v := range x {
		if v < 0 || v >= int64(len(x)) || y[v] >= 0 {
			return nil, core.Violation("C2", 0, "got %v, want each of 0 to %d once", x, len(x)-1)
		}
		y[v] = int64(i)
	}
	return y, nil
}

// Eval inverts.
func (op *InvertPermutation) Eval(in, out []*core.Tensor) error {
	y, err := inverted(in[0].Int64s())
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	elements.SetInts(out[0], y)
	return nil
}
