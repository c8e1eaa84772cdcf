package passes

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// affine is a real tensor expressed by integers: (integers - zero) * scale.
type affine struct {
	integers core.Value
	scale    float64
	zero     int64
}

// linearity bounds how far a dequantization may be from an affine function, relative to the greatest value. It allows
// for a few roundings of float32, but not for a zero point between two integers.
const linearity = 0x1p-21

// affineOf returns the 8-bit integers that a value was dequantized from, if all elements are treated alike and some
// integer represents 0; false for any other value.
func affineOf(v core.Value) (affine, bool) {
	n := v.Node
	if !dequantizes(n.Op()) || v.Type() != core.F32 || !constants(n.Inputs()[1:]) {
		return affine{}, false
	}
	a := affine{integers: n.Inputs()[0]}
	if t := a.integers.Type(); t != core.I8 && t != core.U8 {
		return affine{}, false
	}
	y, err := dequantizedBytes(n, a.integers.Type())
	if err != nil {
		return affine{}, false
	}
	lo, hi := a.integers.Type().Bounds()
	at := func(q int64) float64 { return float64(y[uint8(q)]) }
	a.scale = (at(hi) - at(lo)) / 255
	if at(0) == 0 {
		a.scale = at(1) // not rounded on the way
	}
	zero := float64(lo) - at(lo)/a.scale
	if !(a.scale > 0) || !(math.Abs(zero) <= 256) { // NaN too
		return affine{}, false
	}
	a.zero = int64(math.RoundToEven(zero))
	bound := linearity * max(math.Abs(at(lo)), math.Abs(at(hi)))
	for q := lo; q <= hi; q++ {
		if !(math.Abs(at(q)-float64(float64(q-a.zero)*a.scale)) <= bound) {
			return affine{}, false
		}
	}
	return a, a.zero >= lo && a.zero <= hi
}

// dequantizedBytes returns the reals of all 256 bytes, taken as integers of a type.
func dequantizedBytes(n *core.Node, t core.Type) ([]float32, error) {
	y, err := core.EvalOp(n.Op(), append([]*core.Tensor{core.AllBytes(t)}, tensors(n.Inputs()[1:])...))
	if err != nil {
		return nil, err
	}
	return core.Data[float32](y[0]), nil
}

// factor is a constant factor of a product: i8 integers, and one scale for each of the output's channels or one for
// all.
type factor struct {
	integers *core.Tensor
	scales   []float32
}

// factorOf returns the integers and scales of a dequantized constant; false for any other value, for integers with a
// zero point, and for scales that differ within a channel. channels is the axis of the output's channels in v.
func factorOf(v core.Value, channels int) (factor, bool) {
	moves, d := behindMoves(v)
	axis, ok := sliceAxis(d.Op())
	if !ok || v.Type() != core.F32 || !constants(d.Inputs()) {
		return factor{}, false
	}
	f := factor{integers: d.Inputs()[0].Constant()}
	if f.integers.Type() != core.I8 || f.integers.Len() == 0 {
		return factor{}, false
	}
	scales, ok := sliceScales(d, axis, f.integers.Shape())
	if !ok {
		return factor{}, false
	}
	slice, err := sliceIndices(f.integers.Shape(), axis)
	if err != nil {
		return factor{}, false
	}
	for i := len(moves) - 1; i >= 0; i-- {
		others := tensors(moves[i].Inputs()[1:])
		for _, t := range []**core.Tensor{&f.integers, &slice} {
			out, err := core.EvalOp(moves[i].Op(), append([]*core.Tensor{*t}, others...))
			if err != nil {
				return factor{}, false
			}
			*t = out[0]
		}
	}
	f.scales, ok = perChannel(scales, slice, channels)
	return f, ok
}

// behindMoves returns the node that produced the elements of v, and the nodes after it that only move them, the last
// one first.
func behindMoves(v core.Value) (moves []*core.Node, from *core.Node) {
	from = v.Node
	for rearranges(from.Op()) && constants(from.Inputs()[1:]) {
		moves = append(moves, from)
		from = from.Inputs()[0].Node
	}
	return moves, from
}

// rearranges reports whether op moves the elements of its first input to other indices.
func rearranges(op core.Op) bool {
	s, ok := op.(trait.Selecting)
	return ok && s.Rearranges()
}

// sliceAxis returns the axis along which a dequantization differs, -1 if it treats all elements alike; false for any
// other op, and if there is more than one such axis.
func sliceAxis(op core.Op) (axis int, ok bool) {
	if d, ok := op.(trait.Dequantizer); ok {
		return d.DequantizedAxis()
	}
	return 0, false
}

// sliceScales returns one scale for each slice; false if d has a zero point.
func sliceScales(d *core.Node, axis int, shape core.Shape) ([]float32, bool) {
	s := core.Shape{1}
	if axis >= 0 {
		s = make(core.Shape, len(shape))
		for i := range s {
			s[i] = 1
		}
		s[axis] = shape[axis]
	}
	values := map[int8][]float32{}
	for _, q := range []int8{math.MinInt8, 0, 1, math.MaxInt8} {
		x, err := core.NewTensor(core.I8, s)
		if err != nil {
			return nil, false
		}
		for i := range x.Bytes() {
			x.Bytes()[i] = byte(q)
		}
		y, err := core.EvalOp(d.Op(), append([]*core.Tensor{x}, tensors(d.Inputs()[1:])...))
		if err != nil {
			return nil, false
		}
		values[q] = core.Data[float32](y[0])
	}
	for q, v := range values {
		for i, y := range v {
			want := float64(q) * float64(values[1][i])
			if !(math.Abs(float64(y)-want) <= linearity*math.Abs(want)) {
				return nil, false
			}
		}
	}
	return values[1], true
}

// sliceIndices returns, for each element of a shape, its index on an axis; 0 for axis -1.
func sliceIndices(s core.Shape, axis int) (*core.Tensor, error) {
	t, err := core.NewTensor(core.I32, s)
	if err != nil || axis < 0 {
		return t, err
	}
	inner := core.Shape(s[axis+1:]).MustElements()
	for i, d := 0, core.Data[int32](t); i < len(d); i++ {
		d[i] = int32(i / inner % s[axis])
	}
	return t, nil
}

// perChannel returns the scale for each index on an axis, given the slice of each element; false if the elements at
// one index belong to slices with different scales.
func perChannel(scales []float32, slice *core.Tensor, axis int) ([]float32, bool) {
	if len(scales) == 1 {
		return scales, true
	}
	s := slice.Shape()
	inner := core.Shape(s[axis+1:]).MustElements()
	out := make([]float32, s[axis])
	for i, from := range core.Data[int32](slice) {
		c := i / inner % len(out)
		if i < inner*len(out) && i%inner == 0 {
			out[c] = scales[from]
		}
		if out[c] != scales[from] {
			return nil, false
		}
	}
	return out, true
}
