package core

import "slices"

// axisOf returns a maybe negative axis, counted from the end then, of a shape of rank
// rank.
func axisOf(constraint string, axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, Violation(constraint, -1, "axis: got %d, want in [%d, %d)", axis, -rank, rank)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

// axesOf returns for each of rank axes whether it is in a list of maybe negative axes,
// which must be different.
func axesOf(constraint string, list []int, rank int) ([]bool, error) {
	set := make([]bool, rank)
	for _, a := range list {
		i, err := axisOf(constraint, a, rank)
		if err != nil {
			return nil, err
		}
		if set[i] {
			return nil, Violation(constraint, -1, "axes: got %v, want each axis once", list)
		}
		set[i] = true
	}
	return set, nil
}

// checkedShape checks that a shape that attributes or values made is within MaxElements.
func checkedShape(s Shape) (Shape, error) {
	if !s.Static() {
		return s, nil
	}
	if _, err := s.Elements(); err != nil {
		return nil, Violation("", -1, "%v", err)
	}
	return s, nil
}

// unknownShape returns a shape of known rank and unknown dimensions.
func unknownShape(rank int) Shape {
	return slices.Repeat(Shape{Unknown}, rank)
}

// joinedShapes returns the dimensions of shapes of known rank one after the other; unlike
// slices.Concat's, the result is never nil.
func joinedShapes(shapes ...Shape) Shape {
	out := Shape{}
	for _, s := range shapes {
		out = append(out, s...)
	}
	return out
}
