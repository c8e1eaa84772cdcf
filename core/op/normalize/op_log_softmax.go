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

// LogSoftmax is the logarithm of Softmax along the last axis, in f32.
//
//	m    = max of x along the axis
//	d[i] = x[i] - m
//	y[i] = d[i] - f32(log(sum of activation.Exp(d))), summed in 16 lanes (see Sum); log in
//	float64
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
	n := s[len(s)-1]
	y := append([]float32(nil), in[0].Float32s()...)
	e := make([]float32, n)
	for base := 0; base < len(y); base += n {
		row := y[base : base+n]
		m := float32(math.Inf(-1))
		for _, v := range row {
			m = arithmetic.Larger(v, m)
		}
		for i, v := range row {
			row[i] = v - m
			e[i] = activation.Exp(row[i])
		}
		l := float32(transcendental.Log(float64(arithmetic.SumLanes(e))))
		for i, v := range row {
			row[i] = v - l
		}
	}
	elements.SetFloat32s(out[0], y)
	return nil
}

// Widens is true: bf16 and f16 are computed in f32.
func (op *LogSoftmax) Widens() bool { return true }

// Rows are along the last axis.
func (op *LogSoftmax) Rows(x core.Shape) (trait.Rows, bool) { return trait.RowsOf(x, -1, op, false) }
