package match

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

var (
	_ = matches[tensorflow.FakeQuant](Unary, matchFakeQuant)
	_ = matches[tensorflow.QuantizeAndDequantize](Unary, matchLevels)
)

func apply(p elementwise.Primitive) elementwise.Step {
	return elementwise.Step{Kind: elementwise.Apply, Primitive: p}
}

// limit returns a step that clamps to [lo, hi]; NaN becomes lo.
func limit(lo, hi float32) elementwise.Step {
	return elementwise.Step{Kind: elementwise.Limit, Numbers: elementwise.Numbers{Lo: lo, Hi: hi}}
}

// matchFakeQuant matches a FakeQuant with a constant range.
func matchFakeQuant(e Element, op *tensorflow.FakeQuant) (Element, bool) {
	in := e.Node.Inputs()
	if !isComputedReal(e.Node) || in[1].Constant() == nil || in[2].Constant() == nil {
		return e, false
	}
	var ok bool
	e.Steps, ok = FakeQuantSteps(op, in[1].Constant(), in[2].Constant())
	return e, ok
}

// FakeQuantSteps returns the steps of a FakeQuant with these ranges; false if no chain can compute it. Its maximum and
// minimum keep NaN.
func FakeQuantSteps(op *tensorflow.FakeQuant, least, most *core.Tensor) ([]elementwise.Step, bool) {
	ranges, ok := op.Steps(least, most)
	var lo, hi, scale, inverse, zero []float32
	for _, r := range ranges {
		lo, hi, scale = append(lo, r.Lo), append(hi, r.Hi), append(scale, r.Scale)
		inverse, zero = append(inverse, r.Inverse), append(zero, r.Zero)
	}
	if ok && len(ranges) == 1 {
		step := apply(elementwise.Levels)
		step.Numbers = elementwise.Numbers{Lo: lo[0], Hi: hi[0], Scale: inverse[0], Sub: zero[0], Back: scale[0]}
		if op.Divides {
			step.Primitive, step.Numbers.Scale = elementwise.DividedLevels, scale[0]
		}
		return []elementwise.Step{step}, true
	}
	level := combineValues(elementwise.Multiply, inverse)
	if op.Divides {
		level = combineValues(elementwise.Divide, scale)
	}
	return []elementwise.Step{
		combineValues(elementwise.Minimum, hi), combineValues(elementwise.Maximum, lo),
		combineValues(elementwise.Subtract, lo), level, combineValues(elementwise.Subtract, zero),
		combineValues(elementwise.Add, []float32{0.5}), apply(elementwise.Floor),
		combineValues(elementwise.Multiply, scale),
	}, ok && len(ranges) > 0
}

// matchLevels matches a QuantizeAndDequantize with constant ranges.
func matchLevels(e Element, op *tensorflow.QuantizeAndDequantize) (Element, bool) {
	in := e.Node.Inputs()
	if !isComputedReal(e.Node) || len(in) != 3 || in[1].Constant() == nil || in[2].Constant() == nil {
		return e, false
	}
	all, ok := op.Levels(in[1].Constant(), in[2].Constant())
	if ok {
		e.Steps, ok = LevelSteps(op, in[0].Shape(), all)
	}
	return e, ok
}

// LevelSteps returns the steps of a QuantizeAndDequantize of a tensor of shape x, with the parameters of each slice;
// false if no chain can compute it.
func LevelSteps(
	op *tensorflow.QuantizeAndDequantize, x core.Shape, all []tensorflow.Levels,
) ([]elementwise.Step, bool) {
	s, l, ok := slicedAlong(x, op.Axis), all[0], true
	scale := combineSlices(s, elementwise.Multiply, all, func(l tensorflow.Levels) float32 { return l.Scale })
	back := combineSlices(s, elementwise.Multiply, all, func(l tensorflow.Levels) float32 { return l.Back })
	steps := []elementwise.Step{scale}
	switch {
	case !op.RangeGiven:
	case len(all) == 1:
		steps = []elementwise.Step{limit(l.Lo, l.Hi), scale}
		ok = l.Lo <= l.Hi && l.Hi > 0
	default:
		// What a range limits becomes the least or the most integer, if there are few of them.
		steps = append(steps, limit(l.Least, l.Most))
		isSmall := func(l tensorflow.Levels) bool { return !(l.Scale > 0x1p-100) }
		ok = l.Most > 0 && l.Most <= 1<<16 && !slices.ContainsFunc(all, isSmall)
	}
	if op.RoundMode == numeric.RoundNearestUpward {
		steps = append(steps, combineValues(elementwise.Add, []float32{0.5}), apply(elementwise.Floor))
	} else {
		steps = append(steps, apply(elementwise.RoundEven))
	}
	return append(steps, back), ok
}
