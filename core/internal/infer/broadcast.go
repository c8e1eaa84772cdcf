package infer

import "github.com/tf2ng/tf2ng/core"

// BroadcastShapes returns the shape that all shapes broadcast to by NumPy's rules:
// aligned at the last dimension, each dimension equal or 1. Unknown parts stay unknown
// unless another shape decides them.
func BroadcastShapes(constraint string, in []core.Operand) (core.Shape, error) {
	out := core.Shape{}
	for i, o := range in {
		if !o.Shape.Ranked() {
			return nil, nil
		}
		var ok bool
		if out, ok = BroadcastPair(out, o.Shape); !ok {
			return nil, core.Violation(constraint, i, "got shape %v, which does not broadcast with the others: %v",
				o.Shape, ShapesOf(in))
		}
	}
	return CheckedShape(out)
}

// ShapesOf returns the shapes of operands.
func ShapesOf(in []core.Operand) []core.Shape {
	s := make([]core.Shape, len(in))
	for i, o := range in {
		s[i] = o.Shape
	}
	return s
}

// BroadcastPair returns the shape that two shapes of known rank broadcast to; false if there is none.
func BroadcastPair(a, b core.Shape) (core.Shape, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := a.Clone()
	lead := len(a) - len(b)
	for i, d := range b {
		switch have := out[lead+i]; {
		case have == d || d == 1:
		case have == 1:
			out[lead+i] = d
		case have == core.Unknown:
			out[lead+i] = d
		case d != core.Unknown:
			return nil, false
		}
	}
	return out, true
}
