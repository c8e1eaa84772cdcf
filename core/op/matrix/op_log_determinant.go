package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var _ = core.Register[LogDeterminant]("LogMatrixDeterminant")

// LogDeterminant is the sign of a determinant and the logarithm of its absolute value: the sum of those of the pivots,
// in order. They are 0 and -Inf where a pivot is 0, and NaN where one is NaN.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	Outputs: sign: the type of a, [...]
//	         log: the type of a, [...]
//
//	C1: a is of f16, f32 or f64, and square
//
// It is TensorFlow's LogMatrixDeterminant.
type LogDeterminant struct{ matrices }

// Infer checks C1.
func (op *LogDeterminant) Infer(in []core.Operand) ([]core.Fact, error) {
	facts, err := (&Determinant{}).Infer(in)
	if err != nil {
		return nil, err
	}
	return append(facts, facts[0]), nil
}

// Eval adds logarithms.
func (op *LogDeterminant) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	return eachPivots(in[0], out[0], func(k int, sign float64, a []float64, n int) {
		log := 0.0
		for i := 0; i < n && sign != 0; i++ {
			pivot := a[i*n+i]
			log += transcendental.Log(math.Abs(pivot))
			switch {
			case pivot == 0:
				sign = 0
			case pivot != pivot:
				sign = pivot
			case pivot < 0:
				sign = -sign
			}
		}
		store(out[0], k, []float64{sign})
		store(out[1], k, []float64{log})
	})
}
