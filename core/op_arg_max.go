package core

var _ = Register[ArgMax]("ArgMax")

// ArgMax is the index of the largest element along an axis, the first among equals.
//
//	Inputs:  x: a number type, rank at least 1
//	Outputs: y: Type; the shape of x without the axis
//
//	C1: x is a number; Type is i32 or i64
//	C2: Axis is in [-rank, rank)
//	C3: the dimension at the axis is not 0
//
// It is nGraph's op::v0::ArgMax and TensorFlow's ArgMax. NaN is never the largest.
type ArgMax struct {
	Axis int  `json:"axis"`
	Type Type `json:"type"`
}

// Infer checks C1 to C3.
func (op *ArgMax) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 || op.Type != I32 && op.Type != I64 {
		return nil, Violation("C1", -1, "got %v of type %v, want i32 or i64 of numbers", op.Type, in[0].Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{Type: op.Type}}, nil
	}
	axis, err := axisOf("C2", op.Axis, len(s))
	if err != nil {
		return nil, err
	}
	if s[axis] == 0 {
		return nil, Violation("C3", 0, "got shape %v, want at least one element at axis %d", s, axis)
	}
	axes := make([]bool, len(s))
	axes[axis] = true
	return []Fact{{Type: op.Type, Shape: reducedShape(s, axes, false)}}, nil
}

// Eval compares in order.
func (op *ArgMax) Eval(in, out []*Tensor) error {
	return op.find(in, out, argMax[int64], argMax[float64])
}

// Rows are those of the axis, if it is the last.
func (op *ArgMax) Rows(x Shape) (Rows, bool) {
	return rowsOf(x, op.Axis, &ArgMax{Axis: 1, Type: op.Type}, true)
}

// find stores the index of the best element of each row along the axis.
func (op *ArgMax) find(in, out []*Tensor, integers func([]int64) int64, reals func([]float64) int64) error {
	s := in[0].Shape()
	axis, err := axisOf("C2", op.Axis, len(s))
	if err != nil {
		return err
	}
	axes := make([]bool, len(s))
	axes[axis] = true
	if err := ensure(out, 0, op.Type, reducedShape(s, axes, false)); err != nil {
		return err
	}
	y := make([]int64, out[0].Len())
	if in[0].Type().IsInteger() {
		reduceEach(s, axes, in[0].Int64s(), y, integers)
	} else {
		reduceEach(s, axes, in[0].Float64s(), y, reals)
	}
	SetInts(out[0], y)
	return nil
}

func argMax[T int64 | float64](v []T) int64 {
	best := 0
	for i, x := range v {
		if x > v[best] || v[best] != v[best] && x == x {
			best = i
		}
	}
	return int64(best)
}
