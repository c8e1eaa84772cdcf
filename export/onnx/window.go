package onnx

import (
	"errors"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
)

// windowOf returns the spatial dimensions of filters.
func windowOf(l geometry.Layout, filters core.Shape) []int {
	_, _, first := l.FilterAxes(len(filters))
	return slices.Clone(filters[first : first+len(filters)-2])
}

// filterOrder is the permutation of axes from [spatial..., I, O] to ONNX's filters, [O, I, spatial...].
func filterOrder(rank int) []int {
	order := []int{rank - 1, rank - 2}
	for i := range rank - 2 {
		order = append(order, i)
	}
	return order
}

// windowAttributes returns the attributes of a sliding window over data.
func windowAttributes(s *geometry.Spatial, data core.Shape, window []int, dilations bool) ([]attribute, error) {
	n := len(window)
	if !data.Ranked() {
		return nil, errors.New("the rank of its data is not known")
	}
	if slices.ContainsFunc(s.DataDilations, func(d int) bool { return d != 1 }) {
		return nil, errors.New("it dilates its data")
	}
	if first := s.Layout.SpatialAxis(); data[first : first+n].Static() {
		axes, err := s.Axes(data, window)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(axes, func(a geometry.Axis) bool { return a.Out == 0 }) {
			return nil, errors.New("its output is empty, which ONNX refuses")
		}
	}
	attrs := []attribute{{"kernel_shape", window}, {"strides", listOf(s.Strides, n)}}
	if dilations || slices.ContainsFunc(s.Dilations, func(d int) bool { return d != 1 }) {
		if !dilations {
			return nil, errors.New("its window is dilated")
		}
		attrs = append(attrs, attribute{"dilations", listOf(s.Dilations, n)})
	}
	switch s.PadType {
	case geometry.PadValid:
		return attrs, nil
	case geometry.PadSameUpper:
		first := s.Layout.SpatialAxis()
		if !data[first : first+n].Static() {
			return append(attrs, attribute{"auto_pad", "SAME_UPPER"}), nil
		}
		axes, err := s.Axes(data, window)
		if err != nil {
			return nil, err
		}
		pads := make([]int, 2*n)
		for i, a := range axes {
			pads[i], pads[n+i] = a.PadBelow, a.PadAbove
		}
		return append(attrs, attribute{"pads", pads}), nil
	}
	pads := slices.Concat(orZeros(s.PadBelow, n), orZeros(s.PadAbove, n))
	if anyNegative(pads) {
		return nil, errors.New("its padding is negative")
	}
	return append(attrs, attribute{"pads", pads}), nil
}

func listOf(list []int, n int) []int {
	if len(list) == n {
		return list
	}
	ones := make([]int, n)
	for i := range ones {
		ones[i] = 1
	}
	return ones
}

func orZeros(list []int, n int) []int {
	if len(list) == n {
		return list
	}
	return make([]int, n)
}

func anyNegative(list []int) bool {
	return slices.ContainsFunc(list, func(x int) bool { return x < 0 })
}
