package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[LinSpace]("LinSpace")

// LinSpace lists evenly spaced numbers of an interval.
//
//	y[i] = start + i*step, step = (stop - start) / (num - 1); the last is stop itself
//
//	Inputs:  start, stop: one real type, []
//	         num: i32 or i64, []
//	Outputs: y: that type, [num]
//
//	C1: start and stop are of one real type, of shape []
//	C2: num is i32 or i64 of shape [], at least 1
//
// It is computed in f32 (f64 for f64), every step rounded. It is TensorFlow's LinSpace.
type LinSpace struct{}

// InputNames names the inputs.
func (op *LinSpace) InputNames() []string { return []string{"start", "stop", "num"} }

// Infer checks C1 and C2.
func (op *LinSpace) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	for i, o := range in[:2] {
		if o.Type != core.Dynamic && !o.Type.IsFloat() || !o.Type.Compatible(in[0].Type) ||
			!o.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C1", i, "got %v, want a real of shape [], of one type with the other", o.Fact)
		}
	}
	if o := in[2]; o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic ||
		!o.Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C2", 2, "got %v, want i32 or i64 of shape []", o.Fact)
	}
	n := core.Unknown
	if v, ok := infer.IntsOf(in[2]); ok {
		if v[0] < 1 || v[0] > core.MaxElements {
			return nil, core.Violation("C2", 2, "got %d, want in [1, %d]", v[0], int64(core.MaxElements))
		}
		n = int(v[0])
	}
	return []core.Fact{{Type: max(in[0].Type, in[1].Type), Shape: core.Shape{n}}}, nil
}

// Eval divides.
func (op *LinSpace) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer([]core.Operand{
		{Fact: in[0].Fact(), Const: in[0]},
		{Fact: in[1].Fact(), Const: in[1]},
		{Fact: in[2].Fact(), Const: in[2]},
	})
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, facts[0].Type, facts[0].Shape); err != nil {
		return err
	}
	y := out[0]
	if y.Type() == core.F64 {
		spread(core.Data[float64](y), in[0].Float64s()[0], in[1].Float64s()[0])
		return nil
	}
	if y.Type() == core.F32 {
		spread(core.Data[float32](y), in[0].Float32s()[0], in[1].Float32s()[0])
		return nil
	}
	v := make([]float32, y.Len())
	spread(v, in[0].Float32s()[0], in[1].Float32s()[0])
	elements.SetFloat32s(y, v)
	return nil
}

func spread[T float32 | float64](y []T, start, stop T) {
	last := len(y) - 1
	y[0] = start
	if last == 0 {
		return
	}
	step := (stop - start) / T(last)
	for i := 1; i < last; i++ {
		y[i] = start + T(T(i)*step)
	}
	y[last] = stop
}
