package core

import "math"

var _ = register[TFQuantizedResizeBilinear]("TFQuantizedResizeBilinear")

// TFQuantizedResizeBilinear is TensorFlow's QuantizedResizeBilinear: an image of
// another size, each element interpolated between four; the range stays.
//
//	scale = in/out; (in-1)/(out-1) with AlignCorners and out > 1
//	p     = o*scale; (o+0.5)*scale - 0.5 with HalfPixelCenters, AlignCorners or not
//	lower = max(floor(p), 0), upper = min(ceil(p), in-1), f = p - floor(p)
//	top   = x[lower, left] + (x[lower, right] - x[lower, left])*fx, bottom likewise
//	y     = top + (bottom - top)*fy
//
// The last two are computed in float32 for f32, every step rounded. For u8 and i32 they
// are fixed-point numbers with 7 and 30 bits of fraction, m = 2^7 or 2^30, of x rounded
// to float32; int() and all divisions truncate:
//
//	top = x[lower, left]*m + (x[lower, right] - x[lower, left])*int(fx*m), bottom likewise
//	y   = (top + (bottom - top)/m*int(fy*m) + m/2) / m
//
//	Inputs:  x: u8, i32 or f32, [N, H, W, C]
//	         size: i32, [2]: the output's height and width
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: y: the type of x, [N, size[0], size[1], C]
//
//	C1: x is u8, i32 or f32
//	C2: x has rank 4, height and width not 0
//	C3: size is i32 of shape [2], each in [1, 2^24]
//	R1 to R3: see tf_quantization.go
type TFQuantizedResizeBilinear struct {
	AlignCorners     bool `json:"align_corners,omitempty"`
	HalfPixelCenters bool `json:"half_pixel_centers,omitempty"`
}

// InputNames names the inputs.
func (op *TFQuantizedResizeBilinear) InputNames() []string {
	return []string{"x", "size", "min", "max"}
}

// Infer checks C1 to C3 and R1 to R3.
func (op *TFQuantizedResizeBilinear) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 4); err != nil {
		return nil, err
	}
	if err := wantType("C1", in, 0, U8, I32, F32); err != nil {
		return nil, err
	}
	s, ok := unknownShape(4).Merge(in[0].Shape)
	if !ok || s[1] == 0 || s[2] == 0 {
		return nil, Violation("C2", 0, "got shape %v, want [N, H, W, C] with H and W >= 1", in[0].Shape)
	}
	if !in[1].Type.compatible(I32) || !in[1].Shape.Compatible(Shape{2}) {
		return nil, Violation("C3", 1, "got %v, want i32[2]", in[1].Fact)
	}
	if err := inferTFRange(in, 2, 3, noChannels); err != nil {
		return nil, err
	}
	out := Shape{s[0], Unknown, Unknown, s[3]}
	if size, ok := intsOf(in[1]); ok {
		var err error
		if out, err = resized(out, size); err != nil {
			return nil, err
		}
	}
	return []Fact{{in[0].Type, out}}, nil
}

// resized returns the output's shape and checks C3.
func resized(s Shape, size []int64) (Shape, error) {
	for _, n := range size {
		if n < 1 || n > maxWindow {
			return nil, Violation("C3", 1, "got size %v, want each in [1, %d]", size, maxWindow)
		}
	}
	return checkedShape(Shape{s[0], int(size[0]), int(size[1]), s[3]})
}

// lerp is where an output position lies between two of the input.
type lerp struct {
	lower, upper int
	f            float32
}

// lerps returns the place of each output position of one dimension.
func (op *TFQuantizedResizeBilinear) lerps(in, out int) []lerp {
	scale := float32(in) / float32(out)
	if op.AlignCorners && out > 1 {
		scale = float32(in-1) / float32(out-1)
	}
	l := make([]lerp, out)
	for o := range l {
		p := float32(float32(o) * scale)
		if op.HalfPixelCenters {
			p = float32((float32(o)+0.5)*scale) - 0.5
		}
		floor := floor32(p)
		upper := min(int(math.Ceil(float64(p))), in-1)
		l[o] = lerp{min(max(int(floor), 0), upper), upper, p - floor}
	}
	return l
}

// Eval interpolates each element.
func (op *TFQuantizedResizeBilinear) Eval(in, out []*Tensor) error {
	if _, err := readRange(in, 2, 3); err != nil {
		return err
	}
	x := in[0]
	s, err := resized(x.shape, in[1].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.typ, s); err != nil {
		return err
	}
	switch {
	case s.Equal(x.shape):
		copy(out[0].Bytes(), x.Bytes())
	case x.typ == F32:
		interpolate(op, x.shape, s, Data[float32](x), Data[float32](out[0]), between)
	case x.typ == U8:
		op.fixedPoint(x, out[0], s, 7)
	default:
		op.fixedPoint(x, out[0], s, 30)
	}
	return nil
}

// fixedPoint interpolates integers with some bits of fraction.
func (op *TFQuantizedResizeBilinear) fixedPoint(x, y *Tensor, s Shape, bits int) {
	m := int64(1) << bits
	real := x.Float32s()
	q, z := make([]int64, len(real)), make([]int64, y.Len())
	for i, v := range real {
		q[i] = int64(v)
	}
	interpolate(op, x.shape, s, q, z, func(tl, tr, bl, br int64, fx, fy float32) int64 {
		across, down := int64(fx*float32(m)), int64(fy*float32(m))
		top := tl*m + (tr-tl)*across
		bottom := bl*m + (br-bl)*across
		return (top + (bottom-top)/m*down + m/2) / m
	})
	y.setInts(z)
}

// interpolate calls f with the four neighbours of each output element and its distance
// from the first.
func interpolate[T any](op *TFQuantizedResizeBilinear, from, to Shape, x, y []T,
	f func(tl, tr, bl, br T, fx, fy float32) T,
) {
	rows, columns := op.lerps(from[1], to[1]), op.lerps(from[2], to[2])
	row := from[2] * from[3]
	o := 0
	for n := range from[0] {
		image := x[n*from[1]*row:]
		for _, v := range rows {
			for _, h := range columns {
				left, right := h.lower*from[3], h.upper*from[3]
				for c := range from[3] {
					upper, lower := image[v.lower*row+c:], image[v.upper*row+c:]
					y[o] = f(upper[left], upper[right], lower[left], lower[right], h.f, v.f)
					o++
				}
			}
		}
	}
}

// between interpolates in float32.
func between(tl, tr, bl, br, fx, fy float32) float32 {
	top := tl + float32((tr-tl)*fx)
	bottom := bl + float32((br-bl)*fx)
	return top + float32((bottom-top)*fy)
}
