package core

import (
	"math"
	"slices"
)

var (
	_ = register[MaxPool]("MaxPool")
	_ = register[AvgPool]("AvgPool")
)

// MaxPool is the largest element in a sliding window.
//
//	y[n, c, p] = max over the window positions inside the data; a window without any
//	gives the type's lowest value (-Inf for reals)
//
//	Inputs:  x: a number type, [N, C, spatial...] or [N, spatial..., C] by Layout
//	Outputs: y: the type of x, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: x is a number (an integer of at most 64 signed bits, or a real)
//	C2: 1 to 3 spatial dimensions; Window has a size >= 1 for each
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// It is nGraph's op::v0::MaxPool and TensorFlow's MaxPool, MaxPool3D and QuantizedMaxPool.
type MaxPool struct {
	Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C4.
func (op *MaxPool) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 {
		return nil, Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	s, err := op.poolShape(in[0].Shape, op.Window)
	return []Fact{{in[0].Type, s}}, err
}

// Eval compares in order.
func (op *MaxPool) Eval(in, out []*Tensor) error {
	p, err := newPool(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch {
	case x.typ == F32:
		poolEach(p, Data[float32](x), Data[float32](y), maxRow.real32)
	case x.typ == F64:
		poolEach(p, Data[float64](x), Data[float64](y), maxRow.real64)
	case x.typ == U8:
		poolEach(p, Data[uint8](x), Data[uint8](y), maxFrom(uint8(0)))
	case x.typ == I8:
		poolEach(p, Data[int8](x), Data[int8](y), maxFrom(int8(math.MinInt8)))
	case x.typ.IsFloat():
		v := make([]float32, y.Len())
		poolEach(p, x.Float32s(), v, maxRow.real32)
		y.setFloat32s(v)
	default:
		v := make([]int64, y.Len())
		poolEach(p, x.Int64s(), v, func(v []int64) int64 { return maxRow.whole(v, x.typ) })
		y.setInts(v)
	}
	return nil
}

// maxFrom returns the largest of lo and the elements.
func maxFrom[T int8 | uint8](lo T) func(v []T) T {
	return func(v []T) T {
		m := lo
		for _, x := range v {
			m = max(m, x)
		}
		return m
	}
}

// AvgPool is the mean of a sliding window, in f32 (f64 for f64).
//
//	y[n, c, p] = (sum over the window positions inside the data) / count
//
// The sum runs over the window in row-major order and starts with its first element;
// count is the number of its positions inside the data, or of all positions with
// IncludePadding. A window without any element gives 0.
//
//	Inputs:  x: a real type, [N, C, spatial...] or [N, spatial..., C] by Layout
//	Outputs: y: the type of x, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: x is real
//	C2: 1 to 3 spatial dimensions; Window has a size >= 1 for each
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// It is nGraph's op::v0::AvgPool, and TensorFlow's AvgPool, which does not count padding.
type AvgPool struct {
	Spatial
	Window         []int `json:"window_shape"`
	IncludePadding bool  `json:"include_padding_in_avg_computation,omitempty"`
}

// Infer checks C1 to C4.
func (op *AvgPool) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != Dynamic && !t.IsFloat() {
		return nil, Violation("C1", 0, "got type %v, want a real type", t)
	}
	s, err := op.poolShape(in[0].Shape, op.Window)
	return []Fact{{in[0].Type, s}}, err
}

// Eval adds in order.
func (op *AvgPool) Eval(in, out []*Tensor) error {
	p, err := newPool(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	all := 0
	if op.IncludePadding {
		all = Shape(op.Window).elements()
	}
	if in[0].typ == F64 {
		poolEach(p, Data[float64](in[0]), Data[float64](out[0]), mean[float64](all))
		return nil
	}
	y := make([]float32, out[0].Len())
	poolEach(p, in[0].Float32s(), y, mean[float32](all))
	out[0].setFloat32s(y)
	return nil
}

// mean returns the mean of the elements, or their sum divided by count if that is not 0.
func mean[T float32 | float64](count int) func(v []T) T {
	return func(v []T) T {
		if len(v) == 0 {
			return 0
		}
		sum := v[0]
		for _, x := range v[1:] {
			sum += x
		}
		if count != 0 {
			return sum / T(count)
		}
		return sum / T(len(v))
	}
}

// poolShape checks C2 to C4 and returns the output's shape.
func (s *Spatial) poolShape(data Shape, window []int) (Shape, error) {
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
		return nil, Violation("C2", 0, "got shape %v, want rank %d: batch, channels and the dimensions of window %v", data, n+2, window)
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

// pool is a pooling op's geometry with everything known.
type pool struct {
	axes            []Axis
	out             Shape // spatial sizes
	batch, channels int
	inN, inC        int // element strides of the data
	outN, outC      int
	inS, outS       []int
}

// newPool returns the geometry for data that poolShape accepted, and allocates an
// output that is not there.
func newPool(s *Spatial, in, out []*Tensor, window []int) (*pool, error) {
	data := in[0].shape
	to, err := s.poolShape(data, window)
	if err != nil {
		return nil, err
	}
	if err := ensure(out, 0, in[0].typ, to); err != nil {
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
	window := make(Shape, len(p.axes))
	for i, a := range p.axes {
		window[i] = a.Window
	}
	eachIndex(p.out, func(at []int) {
		taps = p.taps(taps[:0], window, at)
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

// taps appends the offsets of the window positions inside the data for an output.
func (p *pool) taps(taps []int, window Shape, at []int) []int {
	eachIndex(window, func(k []int) {
		offset := 0
		for i, ki := range k {
			pos, ok := p.axes[i].At(at[i], ki)
			if !ok {
				return
			}
			offset += pos * p.inS[i]
		}
		taps = append(taps, offset)
	})
	return taps
}
