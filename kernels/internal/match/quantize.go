package match

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

var _ = matches[tensorflow.QuantizeV2](Quantize, matchQuantizeV2)

func matchQuantizeV2(e Element, op *tensorflow.QuantizeV2) (Element, bool) {
	in := e.Node.Inputs()
	mn, mx := in[1].Constant(), in[2].Constant()
	if op.Type.Size() != 1 || mn == nil || mx == nil || in[0].Constant() != nil {
		return e, false
	}
	out, err := op.Constants([]core.Operand{{}, {Const: mn}, {Const: mx}})
	if err != nil {
		return e, false
	}
	e.RangeOut = out[1:]
	var ok bool
	e.Steps, e.Numbers, ok = QuantizeV2Steps(op, in[0].Shape(), mn, mx)
	return e, ok
}

// QuantizeV2Steps returns, for a QuantizeV2 to bytes of a tensor of shape x and a range for each slice, the steps
// before the quantization and the numbers of the quantization; false if no chain can compute it.
func QuantizeV2Steps(
	op *tensorflow.QuantizeV2, x core.Shape, mn, mx *core.Tensor,
) (steps []elementwise.Step, n elementwise.Numbers, ok bool) {
	s := slicedAlong(x, op.Axis)
	lo, hi := op.Type.Bounds()
	n = elementwise.Numbers{Scale: 1, Lo: float32(lo), Hi: float32(hi)}
	if q, ok := op.Combined(mn, mx); ok {
		return s.combined(op.Type, q), n, true
	}
	if q, ok := op.First(mn, mx); ok {
		return []elementwise.Step{
			combineSlices(s, elementwise.Multiply, q, func(f tensorflow.First) float32 { return f.Scale }),
			{Kind: elementwise.RoundAway},
			combineSlices(s, elementwise.Subtract, q, func(f tensorflow.First) float32 { return f.Offset }),
		}, n, true
	}
	r, ok := op.Roundings(mn, mx)
	if !ok {
		return nil, n, false
	}
	n.Lo, n.Hi = float32(r[0].Lo), float32(r[0].Hi)
	away := r[0].Round == numeric.RoundNearestTowardInfinity
	if away || r[0].Shift != 0 || len(r) > 1 {
		factor := func(q trait.Rounding) float32 { return q.Factor }
		steps = append(steps, combineSlices(s, elementwise.Multiply, r, factor))
	} else {
		n.Scale = r[0].Factor
	}
	if r[0].Shift != 0 { // only of one slice
		steps = append(steps, combineValues(elementwise.Add, []float32{-r[0].Shift}))
	}
	if away {
		return append(steps, elementwise.Step{Kind: elementwise.RoundAway}), n, true
	}
	return steps, n, r[0].Round == numeric.RoundNearestTowardEven
}

// combined returns the steps of a QuantizeV2 to bytes in mode MIN_COMBINED. The bounds of the bytes limit as those of
// the slice's range do.
func (s sliced) combined(t core.Type, q []tensorflow.Combined) []elementwise.Step {
	if t == core.U8 && len(q) == 1 { // numbers that are not negative, so that rounding them down is truncation
		step := apply(elementwise.Levels)
		step.Numbers = elementwise.Numbers{Lo: q[0].Lo, Hi: q[0].Hi, Scale: q[0].Scale, Back: 1}
		return []elementwise.Step{step}
	}
	steps := []elementwise.Step{
		combineSlices(s, elementwise.Subtract, q, func(c tensorflow.Combined) float32 { return c.Lo }),
		combineSlices(s, elementwise.Multiply, q, func(c tensorflow.Combined) float32 { return c.Scale }),
	}
	if t == core.U8 {
		return append(steps, combineValues(elementwise.Add, []float32{0.5}), apply(elementwise.Floor))
	}
	return append(steps, combineValues(elementwise.Subtract, []float32{q[0].Half}),
		elementwise.Step{Kind: elementwise.RoundAway})
}

// RequantizeSteps returns the chain, from buffer 0 to buffer 1, of a Requantize to i8 whose inputs after the first are
// ranges; false if no chain can compute it.
func RequantizeSteps(op *tensorflow.Requantize, ranges []float32) ([]elementwise.Step, bool) {
	q, ok := op.Eigen(ranges[0], ranges[1], ranges[2], ranges[3])
	lo, hi := core.I8.Bounds()
	return []elementwise.Step{
		{Kind: elementwise.Load, Source: elementwise.Source{Type: dtype.I32, Scale: q.Scale}},
		combineValues(elementwise.Add, []float32{q.Base}), combineValues(elementwise.Multiply, []float32{q.Factor}),
		{Kind: elementwise.RoundAway},
		combineValues(elementwise.Subtract, []float32{q.Offset}),
		{
			Kind: elementwise.StoreQuantized, Buffer: 1,
			Numbers: elementwise.Numbers{Scale: 1, Lo: float32(lo), Hi: float32(hi)},
		},
	}, ok
}

// DequantizeSteps returns the steps of a Dequantize of bytes of type t and shape x with a range for each slice, behind
// the load of the bytes; false if no chain can compute it.
func DequantizeSteps(
	op *tensorflow.Dequantize, t core.Type, x core.Shape, mn, mx *core.Tensor,
) ([]elementwise.Step, bool) {
	l, ok := op.Linear(t, mn, mx)
	if !ok {
		return nil, false
	}
	s := slicedAlong(x, op.Axis)
	steps := []elementwise.Step{
		combineSlices(s, elementwise.Multiply, l, func(l tensorflow.Linear) float32 { return l.Scale }),
	}
	if op.Mode != tensorflow.MinCombined {
		return steps, true
	}
	return []elementwise.Step{
		combineValues(elementwise.Add, []float32{l[0].Half}), steps[0],
		combineSlices(s, elementwise.Add, l, func(l tensorflow.Linear) float32 { return l.Base }),
	}, true
}

// QuantizeV2Numbers returns the parameters of the primitive Quantize for a QuantizeV2 to bytes whose adjusted range is
// [low, high]; false if the primitive cannot express it.
func QuantizeV2Numbers(op *tensorflow.QuantizeV2, low, high float32) (elementwise.Numbers, bool) {
	if op.Axis != -1 || op.Type.Size() != 1 {
		return elementwise.Numbers{}, false
	}
	lo, hi := op.Type.Bounds()
	n := elementwise.Numbers{Lo: float32(lo), Hi: float32(hi)}
	switch {
	case op.Mode != tensorflow.Scaled || op.RoundMode != numeric.RoundNearestTowardEven || op.NarrowRange || op.Plain:
		return n, false
	case op.Type == core.U8:
		n.Scale = 255 / high
	case op.Factor127:
		n.Scale = 127 / high
	default:
		n.Scale = 127.5 / high
	}
	return n, true
}

// sliced says of a tensor's slices along an axis that they take turns with so many elements each.
type sliced struct{ inner int }

// slicedAlong returns the slices along an axis; the whole tensor for axis -1.
func slicedAlong(x core.Shape, axis int) sliced {
	if axis < 0 {
		return sliced{}
	}
	return sliced{x[axis+1:].MustElements()}
}

// combineSlices returns a step that combines each value with the number of its slice.
func combineSlices[T any](s sliced, p elementwise.Primitive, all []T, of func(T) float32) elementwise.Step {
	values := make([]float32, len(all))
	for i, v := range all {
		values[i] = of(v)
	}
	step := combineValues(p, values)
	step.Source.Row = s.inner
	return step
}
