package core

var (
	_ = Register[CumSum]("CumSum")
	_ = Register[CumProd]("CumProd")
)

// CumSum adds along an axis, CumProd multiplies; step by step from the first element, in
// the type of x (bf16 and f16 in f32).
//
//	y[i] = x[0] + ... + x[i]; Exclusive: without x[i]; Reverse: from the last element
//
//	Inputs:  x: a number type, rank at least 1
//	Outputs: y: the type and shape of x
//
//	C1: x is a number (not u64)
//	C2: Axis is in [-rank, rank)
//
// CumSum is nGraph's op::v0::CumSum with a constant axis; they are TensorFlow's Cumsum and
// Cumprod.
type (
	// CumSum adds.
	CumSum struct{ Cumulative }
	// CumProd multiplies.
	CumProd struct{ Cumulative }
)

// Cumulative holds the attributes of CumSum and CumProd.
type Cumulative struct {
	Axis      int  `json:"axis"`
	Exclusive bool `json:"exclusive,omitempty"`
	Reverse   bool `json:"reverse,omitempty"`
}

// Infer checks C1 and C2.
func (op *Cumulative) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 {
		return nil, Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	if s := in[0].Shape; s.Ranked() {
		if _, err := axisOf("C2", op.Axis, len(s)); err != nil {
			return nil, err
		}
	}
	return []Fact{in[0].Fact}, nil
}

// Eval adds.
func (op *CumSum) Eval(in, out []*Tensor) error { return op.eval(in, out, 0, addRow()) }

// Eval multiplies.
func (op *CumProd) Eval(in, out []*Tensor) error { return op.eval(in, out, 1, multiplyRow()) }

func (op *Cumulative) eval(in, out []*Tensor, first int64, row arithmetic) error {
	x := in[0]
	axis, err := axisOf("C2", op.Axis, len(x.Shape()))
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.Type(), x.Shape()); err != nil {
		return err
	}
	switch y := out[0]; {
	case y.Type() == F64:
		runAlong(op, Data[float64](y), Data[float64](x), x.Shape(), axis, float64(first), row.real64)
	case y.Type().IsFloat():
		v := make([]float32, y.Len())
		runAlong(op, v, x.Float32s(), x.Shape(), axis, float32(first), row.real32)
		SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		runAlong(op, v, x.Int64s(), x.Shape(), axis, first, func(a, b int64) int64 {
			r, _ := row.whole(a, b) // sums and products have no error
			return r
		})
		SetInts(y, v)
	}
	return nil
}

func runAlong[T any](op *Cumulative, y, x []T, s Shape, axis int, first T, f func(a, b T) T) {
	n, inner := s[axis], Shape(s[axis+1:]).MustElements()
	for row := range len(x) / max(n, 1) {
		at, step := row/inner*n*inner+row%inner, inner
		if op.Reverse {
			at, step = at+(n-1)*inner, -inner
		}
		sum := first
		for range n {
			next := f(sum, x[at])
			if y[at] = next; op.Exclusive {
				y[at] = sum
			}
			sum = next
			at += step
		}
	}
}
