package core

// broadcastShapes returns the shape that all shapes broadcast to by NumPy's rules:
// aligned at the last dimension, each dimension equal or 1. Unknown parts stay unknown
// unless another shape decides them.
func broadcastShapes(constraint string, in []Operand) (Shape, error) {
	out := Shape{}
	for i, o := range in {
		if !o.Shape.Ranked() {
			return nil, nil
		}
		var ok bool
		if out, ok = broadcastPair(out, o.Shape); !ok {
			return nil, Violation(constraint, i, "got shape %v, which does not broadcast with the others: %v",
				o.Shape, shapesOf(in))
		}
	}
	return checkedShape(out)
}

// shapesOf returns the shapes of operands.
func shapesOf(in []Operand) []Shape {
	s := make([]Shape, len(in))
	for i, o := range in {
		s[i] = o.Shape
	}
	return s
}

// broadcastPair returns the shape that two shapes of known rank broadcast to; false if there is none.
func broadcastPair(a, b Shape) (Shape, bool) {
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
		case have == Unknown:
			out[lead+i] = d
		case d != Unknown:
			return nil, false
		}
	}
	return out, true
}
