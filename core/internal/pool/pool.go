// Package pool computes the geometry of pooling ops.
package pool

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// Pool is the geometry of a pooling op when all shapes are known.
type Pool struct {
	axes            []geometry.Axis
	out             core.Shape // spatial sizes
	batch, channels int
	inN, inC        int // element strides of the data
	outN, outC      int
	inS, outS       []int
	to              *core.Tensor // the first output
}

// taps appends the offsets of the window positions inside the data for an output.
func (p *Pool) taps(taps []int, at []int) []int {
	inside, first := make(core.Shape, len(at)), make([]int, len(at))
	for i, a := range p.axes {
		var end int
		first[i], end = a.Inside(at[i])
		inside[i] = end - first[i]
	}
	elements.EachIndex(inside, func(k []int) {
		offset := 0
		for i, ki := range k {
			pos, ok := p.axes[i].At(at[i], first[i]+ki)
			if !ok {
				return
			}
			offset += pos * p.inS[i]
		}
		taps = append(taps, offset)
	})
	return taps
}

// New returns the geometry for data that Shape has accepted, and allocates outputs that are nil.
func New(s *geometry.Spatial, in, out []*core.Tensor, window []int) (*Pool, error) {
	data := in[0].Shape()
	to, err := Shape(s, data, window)
	if err != nil {
		return nil, err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), to); err != nil {
		return nil, err
	}
	axes, err := s.Axes(data, window)
	if err != nil {
		return nil, err
	}
	is, os := elements.RowMajorStrides(data), elements.RowMajorStrides(to)
	ca, sa := s.Layout.ChannelAxis(len(data)), s.Layout.SpatialAxis()
	return &Pool{
		axes: axes, out: to[sa : sa+len(axes)], batch: data[0], channels: data[ca],
		inN: is[0], inC: is[ca], outN: os[0], outC: os[ca],
		inS: is[sa : sa+len(axes)], outS: os[sa : sa+len(axes)], to: out[0],
	}, nil
}

// Each calls f with the elements of the window of each output element, in row-major order. It stops early if
// the output is abandoned.
func Each[T, U any](p *Pool, x []T, y []U, f func([]T) U) {
	var v []T
	var taps []int
	elements.EachIndex(p.out, func(at []int) {
		if p.to.Abandoned() {
			return
		}
		taps = p.taps(taps[:0], at)
		v = slices.Grow(v[:0], len(taps))[:len(taps)]
		o := 0
		for i, v := range at {
			o += v * p.outS[i]
		}
		for n := range p.batch {
			for c := range p.channels {
				if p.to.Abandoned() {
					return
				}
				base := n*p.inN + c*p.inC
				for i, t := range taps {
					v[i] = x[base+t]
				}
				y[o+n*p.outN+c*p.outC] = f(v)
			}
		}
	})
}

// Shape checks C2 to C4 and returns the output's shape.
func Shape(s *geometry.Spatial, data core.Shape, window []int) (core.Shape, error) {
	n := len(window)
	if n < 1 || n > 3 {
		return nil, core.Violation("C2", -1, "window: got %v, want 1, 2 or 3 sizes", window)
	}
	if len(s.DataDilations) != 0 {
		return nil, core.Violation("C3", -1, "data dilations: got %v, want none", s.DataDilations)
	}
	if err := s.Check(n); err != nil {
		return nil, err
	}
	if !data.Ranked() {
		data = infer.UnknownShape(n + 2)
	}
	if len(data) != n+2 {
		return nil, core.Violation(
			"C2", 0, "got shape %v, want rank %d: batch, channels and the dimensions of window %v", data, n+2, window,
		)
	}
	for i, w := range window {
		if w < 1 || w > geometry.MaxWindow {
			return nil, core.Violation("C2", -1, "window: got %v, want sizes in [1, %d]", window, geometry.MaxWindow)
		}
		if d := data[s.Layout.SpatialAxis()+i]; d == 0 {
			return nil, core.Violation("C4", 0, "got shape %v, want at least one element in each spatial dimension", data)
		}
	}
	out, err := s.OutShape(data, window, data[s.Layout.ChannelAxis(n+2)])
	if err != nil {
		return nil, err
	}
	return infer.CheckedShape(out)
}
