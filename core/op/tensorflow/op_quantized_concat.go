package tensorflow

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
)

var _ = core.Register[QuantizedConcat]("TFQuantizedConcat")

// QuantizedConcat joins quantized tensors along an axis and converts them to one range, which is:
//
//	V2, rank 4, mins and maxs all within 1e-6 of the first: the first range, the elements copied
//	V2, u8:               (0, max of the maxes)
//	V2, i8:               (-A, A), A the larger of |min of the mins| and |max of the maxes|
//	V1, u8:               (min(0, mins), max of the maxes)
//	V1, i8 and i32:       (-A, A), A the larger magnitude of the ends of the range for u8
//
// An arg that has the output's range is copied. The others are dequantized and quantized in float32. rha rounds ties
// away from zero, n is the number of the type's values, and lo and hi are its bounds:
//
//	k = (max - min) / (n-1), base = rha(min / k) * k, or min if max = min
//	x = (base - lo*k) + f32(q)*k
//	k' = (n-1) / (max' - min'), or 0 if they are equal
//	q' = clamp(rha(x * k') - (rha(min' * k') - lo)), where hi is 2147483520 for i32
//
//	Inputs:  args: N tensors of one type: i8, u8 or (V1 only) i32
//	         mins: N of f32, [] or [1]
//	         maxs: N of f32, [] or [1]
//	Outputs: y: the args' type
//	         min, max: f32, []
//
//	C1: there are as many mins and maxs as args, at least one
//	C2: args have one type, i8, u8 or (V1) i32, and shapes that Concat joins
//	C3: mins and maxs are f32 of shape [] or [1]
//	C4: they are finite
//
// It is TensorFlow's QuantizedConcatV2 and, with V1, QuantizedConcat. TensorFlow drops empty args but not their ranges,
// so that later args get the ranges of others, and the result is undefined. Here each arg has its own range, and the
// range of an empty one counts too.
type QuantizedConcat struct {
	Axis int  `json:"axis"` // counted from the end if negative
	V1   bool `json:"v1,omitempty"`
}

// Infer checks C1 to C4.
func (op *QuantizedConcat) Infer(in []core.Operand) ([]core.Fact, error) {
	n := len(in) / 3
	if n == 0 || len(in)%3 != 0 {
		return nil, core.Violation("C1", -1, "got %d inputs, want N args, N mins and N maxs", len(in))
	}
	for i, o := range in[:n] {
		if t := o.Type; t != core.I8 && t != core.U8 && t != core.Dynamic && !(t == core.I32 && op.V1) {
			return nil, core.Violation("C2", i, "got type %v, want i8 or u8", t)
		}
	}
	for i, o := range in[n:] {
		if !o.Type.Compatible(core.F32) || !o.Shape.Compatible(core.Shape{}) && !o.Shape.Compatible(core.Shape{1}) {
			return nil, core.Violation("C3", n+i, "got %v, want f32 of shape [] or [1]", o.Fact)
		}
	}
	for i := range n {
		if mn, mx := in[n+i].Const, in[2*n+i].Const; mn != nil && mx != nil {
			if err := op.checkRange(mn, mx, i, n); err != nil {
				return nil, err
			}
		}
	}
	out, err := (&array.Concat{Axis: op.Axis}).Infer(in[:n])
	if err != nil {
		return nil, err
	}
	return append(out, core.Fact{Type: core.F32, Shape: core.Shape{}}, core.Fact{Type: core.F32, Shape: core.Shape{}}), nil
}

func (op *QuantizedConcat) checkRange(mn, mx *core.Tensor, i, n int) error {
	low, high := float64(core.Data[float32](mn)[0]), float64(core.Data[float32](mx)[0])
	err := infer.CheckFinite(low, high, i, n)
	if v, ok := err.(*core.OpError); ok && v.Input >= 0 {
		v.Input = n + v.Input*n + i
	}
	return err
}

// Constants returns the output's range if all ranges are constant.
func (op *QuantizedConcat) Constants(in []core.Operand) ([]*core.Tensor, error) {
	n := len(in) / 3
	mins, maxs := make([]float32, n), make([]float32, n)
	for i := range n {
		mn, mx := in[n+i].Const, in[2*n+i].Const
		if mn == nil || mx == nil || in[0].Type == core.Dynamic || !in[0].Shape.Ranked() {
			return make([]*core.Tensor, 3), nil
		}
		mins[i], maxs[i] = core.Data[float32](mn)[0], core.Data[float32](mx)[0]
	}
	mn, mx := op.outputRange(in[0].Fact, mins, maxs)
	return rangeConstants(tfRange{mn, mx})
}

// Eval converts the args to the output's range and joins them.
func (op *QuantizedConcat) Eval(in, out []*core.Tensor) error {
	n := len(in) / 3
	mins, maxs := make([]float32, n), make([]float32, n)
	for i := range n {
		if err := op.checkRange(in[n+i], in[2*n+i], i, n); err != nil {
			return err
		}
		mins[i], maxs[i] = core.Data[float32](in[n+i])[0], core.Data[float32](in[2*n+i])[0]
	}
	mn, mx := op.outputRange(in[0].Fact(), mins, maxs)
	one := op.oneRange(in[0].Fact(), mins, maxs)
	args := make([]*core.Tensor, n)
	for i, t := range in[:n] {
		args[i] = t
		if !one && (mins[i] != mn || maxs[i] != mx) {
			args[i] = t.Clone()
			real := tfRange{mins[i], maxs[i]}.eigenDequantize(t.Type())
			quantized := tfRange{mn, mx}.eigenQuantize(t.Type())
			elements.MapInts(t, args[i], func(q int64) int64 { return quantized(real(q)) })
		}
	}
	core.Data[float32](out[1])[0], core.Data[float32](out[2])[0] = mn, mx
	return (&array.Concat{Axis: op.Axis}).Eval(args, out[:1])
}

// oneRange reports whether TensorFlow treats the ranges as equal.
func (op *QuantizedConcat) oneRange(arg core.Fact, mins, maxs []float32) bool {
	const near = 1e-6
	apart := func(list []float32) bool {
		return slices.ContainsFunc(list, func(v float32) bool { return numeric.Abs32(v-list[0]) > near })
	}
	return !op.V1 && len(arg.Shape) == 4 && !apart(mins) && !apart(maxs)
}

func (op *QuantizedConcat) outputRange(arg core.Fact, mins, maxs []float32) (mn, mx float32) {
	if op.oneRange(arg, mins, maxs) {
		return mins[0], maxs[0]
	}
	mn, mx = slices.Min(mins), slices.Max(maxs)
	if arg.Type == core.U8 {
		if op.V1 {
			return min(0, mn), mx
		}
		return 0, mx
	}
	a := max(numeric.Abs32(mn), numeric.Abs32(mx))
	return -a, a
}
