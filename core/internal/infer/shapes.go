package infer

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// AxisOf returns an axis of a shape with the given rank as a number from 0. A negative axis counts from the
// end.
func AxisOf(constraint string, axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, core.Violation(constraint, -1, "axis: got %d, want in [%d, %d)", axis, -rank, rank)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

// AxesOf returns, for each axis of a shape with the given rank, whether it is in a list of axes. They must be
// different; negative ones count from the end.
func AxesOf(constraint string, list []int, rank int) ([]bool, error) {
	set := make([]bool, rank)
	for _, a := range list {
		i, err := AxisOf(constraint, a, rank)
		if err != nil {
			return nil, err
		}
		if set[i] {
			return nil, core.Violation(constraint, -1, "axes: got %v, want each axis once", list)
		}
		set[i] = true
	}
	return set, nil
}

// CheckedShape checks that a shape computed from attributes or values is within MaxElements.
func CheckedShape(s core.Shape) (core.Shape, error) {
	if !s.Static() {
		return s, nil
	}
	if _, err := s.Elements(); err != nil {
		return nil, core.Violation("", -1, "%v", err)
	}
	return s, nil
}

// UnknownShape returns a shape of known rank and unknown dimensions.
func UnknownShape(rank int) core.Shape {
	return slices.Repeat(core.Shape{core.Unknown}, rank)
}

// JoinedShapes returns the dimensions of shapes of known rank one after the other; unlike
// slices.Concat's, the result is never nil.
func JoinedShapes(shapes ...core.Shape) core.Shape {
	out := core.Shape{}
	for _, s := range shapes {
		out = append(out, s...)
	}
	return out
}
