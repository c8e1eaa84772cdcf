package reduce

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var (
	_ = core.Register[CumSum]("CumSum")
	_ = core.Register[CumProd]("CumProd")
	_ = core.Register[CumLogSumExp]("CumLogSumExp")
)

// CumSum adds along an axis, CumProd multiplies, CumLogSumExp adds what x is the logarithm of: one element after the
// other from the first, in the type of x (bf16 and f16 in f32).
//
//	y[i] = x[0] + ... + x[i]; Exclusive: without x[i]; Reverse: from the last element
//
//	Inputs:  x: a number type, rank at least 1
//	Outputs: y: the type and shape of x
//
//	C1: x is a number (not u64); a real for CumLogSumExp
//	C2: Axis is in [-rank, rank)
//
// A step of CumLogSumExp is log(1 + e**(least - most)) + most of the two numbers, and most where that is -Inf.
//
// CumSum is nGraph's op::v0::CumSum with a constant axis; they are TensorFlow's Cumsum, Cumprod and
// CumulativeLogsumexp.
type (
	// CumSum adds.
	CumSum struct{ Cumulative }
	// CumProd multiplies.
	CumProd struct{ Cumulative }
	// CumLogSumExp adds exponentials.
	CumLogSumExp struct{ Cumulative }
)

// Cumulative holds the attributes of CumSum, CumProd and CumLogSumExp.
type Cumulative struct {
	Axis      int  `json:"axis"`
	Exclusive bool `json:"exclusive,omitempty"`
	Reverse   bool `json:"reverse,omitempty"`
}

// Infer checks C1 and C2.
func (op *Cumulative) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !infer.IsNumber(in[0].Type) || in[0].Type == core.U64 {
		return nil, core.Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	if s := in[0].Shape; s.Ranked() {
		if _, err := infer.AxisOf("C2", op.Axis, len(s)); err != nil {
			return nil, err
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Widens is true: bf16 and f16 are computed in f32.
func (op *Cumulative) Widens() bool { return true }

// Eval adds.
func (op *CumSum) Eval(in, out []*core.Tensor) error { return op.eval(in, out, 0, arithmetic.Add()) }

// Eval multiplies.
func (op *CumProd) Eval(in, out []*core.Tensor) error {
	return op.eval(in, out, 1, arithmetic.Multiply())
}

// Infer checks C1 and C2.
func (op *CumLogSumExp) Infer(in []core.Operand) ([]core.Fact, error) {
	facts, err := op.Cumulative.Infer(in)
	if err != nil {
		return nil, err
	}
	return facts, infer.WantReal("C1", in, 0)
}

// Eval adds exponentials.
func (op *CumLogSumExp) Eval(in, out []*core.Tensor) error {
	return op.eval(in, out, math.Inf(-1), arithmetic.Binary{
		Real32: func(a, b float32) float32 {
			least, most := ordered(a, b)
			if most < -math.MaxFloat32 {
				return most
			}
			return activation.Log1p(activation.Exp(least-most)) + most
		},
		Real64: func(a, b float64) float64 {
			least, most := ordered(a, b)
			if most < -math.MaxFloat64 {
				return most
			}
			return transcendental.Log1p(transcendental.Exp(least-most)) + most
		},
	})
}

// ordered returns the smaller and the larger of two numbers: NaN twice if one is.
func ordered[T float32 | float64](a, b T) (least, most T) { return min(a, b), max(a, b) }

func (op *Cumulative) eval(in, out []*core.Tensor, first float64, row arithmetic.Binary) error {
	x := in[0]
	axis, err := infer.AxisOf("C2", op.Axis, len(x.Shape()))
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, x.Type(), x.Shape()); err != nil {
		return err
	}
	switch y := out[0]; {
	case y.Type() == core.F64:
		runAlong(op, y, core.Data[float64](y), core.Data[float64](x), x.Shape(), axis, first, row.Real64)
	case y.Type().IsFloat():
		v := make([]float32, y.Len())
		runAlong(op, y, v, x.Float32s(), x.Shape(), axis, float32(first), row.Real32)
		elements.SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		runAlong(op, y, v, x.Int64s(), x.Shape(), axis, int64(first), func(a, b int64) int64 {
			r, _ := row.Whole(a, b) // sums and products cannot fail
			return r
		})
		elements.SetInts(y, v)
	}
	return nil
}

func runAlong[T any](op *Cumulative, to *core.Tensor, y, x []T, s core.Shape, axis int, first T, f func(a, b T) T) {
	n, inner := s[axis], core.Shape(s[axis+1:]).MustElements()
	for row := range len(x) / max(n, 1) {
		at, step := row/inner*n*inner+row%inner, inner
		if op.Reverse {
			at, step = at+(n-1)*inner, -inner
		}
		sum := first
		if row%256 == 0 && to.Abandoned() {
			return
		}
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
