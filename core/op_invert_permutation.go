package core

import "slices"

var _ = Register[InvertPermutation]("InvertPermutation")

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
func (op *InvertPermutation) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := checkIndexVector("C1", in, 0); err != nil {
		return nil, err
	}
	if v, ok := intsOf(in[0]); ok {
		if _, err := inverted(v); err != nil {
			return nil, err
		}
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = Shape{Unknown}
	}
	return []Fact{{Type: in[0].Type, Shape: s}}, nil
}

func inverted(x []int64) ([]int64, error) {
	y := slices.Repeat([]int64{-1}, len(x))
	for i, v := range x {
		if v < 0 || v >= int64(len(x)) || y[v] >= 0 {
			return nil, Violation("C2", 0, "got %v, want each of 0 to %d once", x, len(x)-1)
		}
		y[v] = int64(i)
	}
	return y, nil
}

// Eval inverts.
func (op *InvertPermutation) Eval(in, out []*Tensor) error {
	y, err := inverted(in[0].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	SetInts(out[0], y)
	return nil
}
