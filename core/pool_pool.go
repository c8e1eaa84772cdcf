package core

import "slices"

// pool is a pooling op's geometry with everything known.
type pool struct {
	axes            []Axis
	out             Shape // spatial sizes
	batch, channels int
	inN, inC        int // element strides of the data
	outN, outC      int
	inS, outS       []int
}

// taps appends the offsets of the window positions inside the data for an output.
func (p *pool) taps(taps []int, at []int) []int {
	inside, first := make(Shape, len(at)), make([]int, len(at))
	for i, a := range p.axes {
		var end int
		first[i], end = a.Inside(at[i])
		inside[i] = end - first[i]
	}
	eachIndex(inside, func(k []int) {
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

// newPool returns the geometry for data that poolShape accepted, and allocates an
// output that is not there.
func newPool(s *Spatial, in, out []*Tensor, window []int) (*pool, error) {
	data := in[0].Shape()
	to, err := poolShape(s, data, window)
	if err != nil {
		return nil, err
	}
	if err := ensure(out, 0, in[0].Type(), to); err != nil {
		return nil, err
	}
	axes, err := s.Axes(data, window)
	if err != nil {
		return nil, err
	}
	is, os := rowMajorStrides(data), rowMajorStrides(to)
	ca, sa := s.Layout.channelAxis(len(data)), s.Layout.spatialAxis()
	return &pool{
		axes: axes, out: to[sa : sa+len(axes)], batch: data[0], channels: data[ca],
		inN: is[0], inC: is[ca], outN: os[0], outC: os[ca],
		inS: is[sa : sa+len(axes)], outS: os[sa : sa+len(axes)],
	}, nil
}

// poolEach calls f with the elements of each output's window, in row-major order.
func poolEach[T, U any](p *pool, x []T, y []U, f func([]T) U) {
	var v []T
	var taps []int
	eachIndex(p.out, func(at []int) {
		taps = p.taps(taps[:0], at)
		v = slices.Grow(v[:0], len(taps))[:len(taps)]
		o := 0
		for i, v := range at {
			o += v * p.outS[i]
		}
		for n := range p.batch {
			for c := range p.channels {
				base := n*p.inN + c*p.inC
				for i, t := range taps {
					v[i] = x[base+t]
				}
				y[o+n*p.outN+c*p.outC] = f(v)
			}
		}
	})
}

// poolShape checks C2 to C4 and returns the output's shape.
func poolShape(s *Spatial, data Shape, window []int) (Shape, error) {
	n := len(window)
	if n < 1 || n > 3 {
		return nil, Violation("C2", -1, "window: got %v, want 1, 2 or 3 sizes", window)
	}
	if len(s.DataDilations) != 0 {
		return nil, Violation("C3", -1, "data dilations: got %v, want none", s.DataDilations)
	}
	if err := s.check(n); err != nil {
		return nil, err
	}
	if !data.Ranked() {
		data = unknownShape(n + 2)
	}
	if len(data) != n+2 {
		return nil, Violation(
			"C2", 0, "got shape %v, want rank %d: batch, channels and the dimensions of window %v", data, n+2, window,
		)
	}
	for i, w := range window {
		if w < 1 || w > maxWindow {
			return nil, Violation("C2", -1, "window: got %v, want sizes in [1, %d]", window, maxWindow)
		}
		if d := data[s.Layout.spatialAxis()+i]; d == 0 {
			return nil, Violation("C4", 0, "got shape %v, want at least one element in each spatial dimension", data)
		}
	}
	out, err := s.outShape(data, window, data[s.Layout.channelAxis(n+2)])
	if err != nil {
		return nil, err
	}
	return checkedShape(out)
}
