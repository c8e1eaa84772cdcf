package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Reshape]("Reshape")

// Reshape gives the same elements another shape.
//
//	Inputs:  x: any type, any shape
//	         shape: i32 or i64, [rank]: the dimensions; one may be -1, to be computed
//	Outputs: y: the type of x, of that shape, with the elements of x in row-major order
//
//	C1: shape is i32 or i64 of rank 1
//	C2: its elements are >= 0, but one may be -1
//	C3: both shapes have the same number of elements
//
// It is TensorFlow's Reshape, and nGraph's DynReshape.
type Reshape struct{}

// InputNames names the inputs.
func (op *Reshape) InputNames() []string { return []string{"x", "shape"} }

// Infer checks C1 to C3.
func (op *Reshape) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := infer.CheckIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	target, known := infer.IntsOf(in[1])
	if !known {
		var s core.Shape
		if t := in[1].Shape; t.Static() && t[0] <= core.MaxRank {
			s = infer.UnknownShape(t[0])
		}
		return []core.Fact{{Type: in[0].Type, Shape: s}}, nil
	}
	s, err := reshaped(in[0].Shape, target)
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

// reshaped applies a target to a shape, which may be partly unknown.
func reshaped(from core.Shape, target []int64) (core.Shape, error) {
	if len(target) > core.MaxRank {
		return nil, core.Violation("C2", 1, "got a shape of rank %d, want at most %d", len(target), core.MaxRank)
	}
	s, wild := make(core.Shape, len(target)), -1
	for i, d := range target {
		switch {
		case d == -1 && wild < 0:
			wild = i
		case d < 0 || d > core.MaxElements:
			return nil, core.Violation("C2", 1, "got %v, want dimensions in [0, %d], one of which may be -1",
				target, int64(core.MaxElements))
		}
		s[i] = int(d)
	}
	if wild < 0 {
		return sameElements(from, s)
	}
	rest := s.Clone()
	rest[wild] = 1
	n, err := rest.Elements()
	if err != nil {
		return nil, core.Violation("C2", 1, "%v", err)
	}
	if !from.Static() {
		s[wild] = core.Unknown
		return s, nil
	}
	total, err := from.Elements()
	if err != nil {
		return nil, core.Violation("C3", 0, "%v", err)
	}
	if n == 0 && total == 0 { // as TensorFlow does, from the dimensions that are not 0
		total, n = nonZero(from), nonZero(rest)
	}
	if n == 0 || total%n != 0 {
		return nil, core.Violation("C3", 1, "got %v for a tensor of shape %v, want dimensions that divide its %d elements",
			target, from, total)
	}
	s[wild] = total / n
	return s, nil
}

// nonZero returns the product of the dimensions that are not 0.
func nonZero(s core.Shape) int {
	n := 1
	for _, d := range s {
		if d != 0 {
			n *= d
		}
	}
	return n
}

// sameElements checks C3 and returns to.
func sameElements(from, to core.Shape) (core.Shape, error) {
	n, err := to.Elements()
	if err != nil {
		return nil, core.Violation("C2", 1, "%v", err)
	}
	if from.Static() {
		if total, err := from.Elements(); err != nil || total != n {
			return nil, core.Violation("C3", 1,
				"got shape %v with %d elements for a tensor of shape %v with %d", to, n, from, total)
		}
	}
	return to, nil
}

// Eval keeps the elements.
func (op *Reshape) Eval(in, out []*core.Tensor) error {
	s, err := reshaped(in[0].Shape(), in[1].Int64s())
	if err != nil {
		return err
	}
	t, err := in[0].Reshaped(s)
	if err != nil {
		return err
	}
	elements.Fill(out, t)
	return nil
}

// Selects says that all elements come from the first input.
func (op *Reshape) Selects(int) int { return 1 }

// Rearranges is true: every element appears exactly once.
func (op *Reshape) Rearranges() bool { return true }

// Reshapes is true.
func (op *Reshape) Reshapes() bool { return true }

// ScalarOf returns a value of shape [1] as a scalar, by a Reshape, and any other value unchanged.
func ScalarOf(v core.Value) (core.Value, error) {
	if !v.Shape().Equal(core.Shape{1}) {
		return v, nil
	}
	shape, err := core.NewTensor(core.I32, core.Shape{0})
	if err != nil {
		return core.Value{}, err
	}
	return core.Apply(&Reshape{}, v, core.NewConstant(shape))
}
