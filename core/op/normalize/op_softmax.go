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

var _ = core.Register[Softmax]("Softmax")

// Softmax normalizes exponentials along an axis, in f32 (f64 for f64).
//
//	m    = max of x along the axis
//	e[i] = e**(x[i] - m), the difference rounded; activation.Exp, of f64 transcendental.Exp
//	y[i] = e[i] / sum of e, summed in 16 lanes (see Sum)
//
//	Inputs:  x: a real type, rank at least 1
//	Outputs: y: the type and shape of x
//
//	C1: x is real
//	C2: Axis is in [-rank, rank)
//
// It is nGraph's op::v1::Softmax, and TensorFlow's Softmax with Axis -1 (which
// leaves the order of the sum open).
type Softmax struct {
	Axis int `json:"axis"`
}

// Infer checks C1 and C2.
func (op *Softmax) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != core.Dynamic && !t.IsFloat() {
		return nil, core.Violation("C1", 0, "got type %v, want a real type", t)
	}
	if s := in[0].Shape; s.Ranked() {
		if _, err := infer.AxisOf("C2", op.Axis, len(s)); err != nil {
			return nil, err
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval normalizes each row.
func (op *Softmax) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	axis, err := infer.AxisOf("C2", op.Axis, len(s))
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	if in[0].Type() == core.F64 {
		softmaxAlong(s, axis, core.Data[float64](in[0]), core.Data[float64](out[0]), transcendental.Exp, out[0].Abandoned)
		return nil
	}
	y := make([]float32, in[0].Len())
	softmaxAlong(s, axis, in[0].Float32s(), y, activation.Exp, out[0].Abandoned)
	elements.SetFloat32s(out[0], y)
	return nil
}

// Widens is true: bf16 and f16 are computed in f32.
func (op *Softmax) Widens() bool { return true }

// Rows are along the axis, if it is the last one.
func (op *Softmax) Rows(x core.Shape) (trait.Rows, bool) {
	return trait.RowsOf(x, op.Axis, &Softmax{Axis: 1}, false)
}

// softmaxAlong sets y to the softmax of x, the elements of a tensor of shape s, along an axis, until it is abandoned.
func softmaxAlong[T float32 | float64](s core.Shape, axis int, x, y []T, exp func(T) T, abandoned func() bool) {
	if len(x) == 0 {
		return
	}
	n, inner := s[axis], s[axis+1:].MustElements()
	row := make([]T, n)
	for at := range len(x) / n {
		base := at/inner*n*inner + at%inner
		if at%256 == 0 && abandoned() {
			return
		}
		for i := range row {
			row[i] = x[base+i*inner]
		}
		softmax(row, exp)
		for i, v := range row {
			y[base+i*inner] = v
		}
	}
}

func softmax[T float32 | float64](row []T, exp func(T) T) {
	m := T(math.Inf(-1))
	for _, v := range row {
		m = arithmetic.Larger(v, m)
	}
	for i, v := range row {
		row[i] = exp(v - m)
	}
	sum := arithmetic.SumLanes(row)
	for i, v := range row {
		row[i] = v / sum
	}
}
