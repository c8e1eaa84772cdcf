package normalize

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var _ = core.Register[LogSoftmax]("LogSoftmax")

// LogSoftmax is the logarithm of Softmax along the last axis, in f32 (f64 for f64).
//
//	m    = max of x along the axis
//	d[i] = x[i] - m
//	y[i] = d[i] - log(sum of e**d), summed in 16 lanes (see Sum); the exponential is that of Softmax, the logarithm
//	       is computed in f64 and rounded
//
//	Inputs:  x: a real type, rank at least 1
//	Outputs: y: the type and shape of x
//
//	C1: x is real
//	C2: the rank of x is 1 or more
//
// It is TensorFlow's LogSoftmax, which leaves the order of the sum open.
type LogSoftmax struct{}

// Infer checks C1 and C2.
func (op *LogSoftmax) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.WantReal("C1", in, 0); err != nil {
		return nil, err
	}
	if s := in[0].Shape; s.Ranked() && len(s) == 0 {
		return nil, core.Violation("C2", 0, "got shape %v, want rank 1 or more", s)
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval normalizes each row.
func (op *LogSoftmax) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	if in[0].Type() == core.F64 {
		logSoftmax(s, core.Data[float64](in[0]), core.Data[float64](out[0]), transcendental.Exp)
		return nil
	}
	y := make([]float32, in[0].Len())
	logSoftmax(s, in[0].Float32s(), y, activation.Exp)
	elements.SetFloat32s(out[0], y)
	return nil
}

// logSoftmax sets y to the logarithm of the softmax of x along the last axis of shape s.
func logSoftmax[T float32 | float64](s core.Shape, x, y []T, exp func(T) T) {
	if len(x) == 0 {
		return
	}
	n := s[len(s)-1]
	e := make([]T, n)
	for base := 0; base < len(x); base += n {
		row := y[base : base+n]
		m := T(math.Inf(-1))
		for _, v := range x[base : base+n] {
			m = arithmetic.Larger(v, m)
		}
		for i, v := range x[base : base+n] {
			row[i] = v - m
			e[i] = exp(row[i])
		}
		l := T(transcendental.Log(float64(arithmetic.SumLanes(e))))
		for i, v := range row {
			row[i] = v - l
		}
	}
}

// Widens is true: bf16 and f16 are computed in f32.
func (op *LogSoftmax) Widens() bool { return true }

// Rows are along the last axis.
func (op *LogSoftmax) Rows(x core.Shape) (trait.Rows, bool) { return trait.RowsOf(x, -1, op, false) }
