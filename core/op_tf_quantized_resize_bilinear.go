package core

import "math"

var _ = register[TFQuantizedResizeBilinear]()

// TFQuantizedResizeBilinear is TensorFlow's QuantizedResizeBilinear: an image of
// another size, each element interpolated between four in float32; the range stays.
//
//	scale = in/out; (in-1)/(out-1) with AlignCorners and out > 1
//	p     = o*scale; (o+0.5)*scale - 0.5 with HalfPixelCenters
//	lower = max(floor(p), 0), upper = min(ceil(p), in-1), f = p - floor(p)
//	top   = x[lower, left] + (x[lower, right] - x[lower, left])*fx, bottom likewise
//	y     = top + (bottom - top)*fy
//
// Quantized elements are interpolated as the numbers they are, rounded to float32, and
// y = trunc(y + 0.5); what does not fit i32 gives -2^31.
//
//	Inputs:  x: u8, i32 or f32, [N, H, W, C]
//	         size: i32, [2]: the output's height and width
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: y: the type of x, [N, size[0], size[1], C]
//
//	C1: not both AlignCorners and HalfPixelCenters
//	C2: x is u8, i32 or f32, of rank 4, height and width not 0
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
	if op.AlignCorners && op.HalfPixelCenters {
		return nil, Violation("C1", -1, "got both align_corners and half_pixel_centers, want one at most")
	}
	if err := wantType("C2", in, 0, U8, I32, F32); err != nil {
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
		p := float32(o) * scale
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
	if x.typ == F32 {
		op.interpolate(Data[float32](x), x.shape, Data[float32](out[0]), s)
		return nil
	}
	y := make([]float32, out[0].Len())
	op.interpolate(x.Float32s(), x.shape, y, s)
	z := make([]int64, len(y))
	for i, v := range y {
		z[i] = truncateToInt32(float64(v) + 0.5)
	}
	out[0].setInts(z)
	return nil
}

func (op *TFQuantizedResizeBilinear) interpolate(x []float32, from Shape, y []float32, to Shape) {
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
					top := between(upper[left], upper[right], h.f)
					bottom := between(lower[left], lower[right], h.f)
					y[o] = between(top, bottom, v.f)
					o++
				}
			}
		}
	}
}

// between returns a + (b-a)*f.
func between(a, b, f float32) float32 { return a + float32((b-a)*f) }
