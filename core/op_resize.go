package core

import (
	"math"
	"slices"
)

// ResizeMode says how Resize interpolates.
type ResizeMode uint8

// The modes.
const (
	ResizeBilinear ResizeMode = iota
	ResizeNearest
	ResizeBicubic
	numResizeModes
)

var resizeModeNames = [numResizeModes]string{"Bilinear", "Nearest", "Bicubic"}

// String returns the mode's name.
func (m ResizeMode) String() string { return enumName(m, resizeModeNames[:]) }

// MarshalText makes a ResizeMode its name in JSON.
func (m ResizeMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *ResizeMode) UnmarshalText(b []byte) error {
	return parseEnum(m, string(b), "resize mode", resizeModeNames[:])
}

var _ = register[Resize]("Resize")

// Resize changes the height and width of images. An output position o lies at
//
//	p = o*scale, or (o + 1/2)*scale - 1/2 with HalfPixelCenters (Nearest: without - 1/2);
//	scale = in/out, or (in-1)/(out-1) with AlignCorners and out > 1
//
// in float32. Nearest takes the element at floor(p), or at p rounded half away from zero
// with AlignCorners; Bilinear interpolates between the neighbours, first along the width;
// Bicubic weighs four neighbours by Keys' kernel, a = -1/2 with HalfPixelCenters (neighbours
// outside the image are left out), else -3/4 (they are the edge's), in 1024 steps.
// Positions are limited to the image.
//
//	Inputs:  x: a number type, [N, H, W, C]
//	         size: i32, [2]: the new height and width
//	Outputs: y: f32, or the type of x if Nearest, [N, size..., C]
//
//	C1: at most one of AlignCorners and HalfPixelCenters; Mode is one of the modes
//	C2: x is a number of rank 4 with H and W >= 1
//	C3: size is i32 of shape [2], each in [1, 2^24]
//
// It is TensorFlow's ResizeBilinear, ResizeNearestNeighbor and ResizeBicubic, and nGraph's
// op::v0::Interpolate.
type Resize struct {
	Mode             ResizeMode `json:"mode"`
	AlignCorners     bool       `json:"align_corners,omitempty"`
	HalfPixelCenters bool       `json:"half_pixel_centers,omitempty"`
}

// InputNames names the inputs.
func (op *Resize) InputNames() []string { return []string{"x", "size"} }

// Infer checks C1 to C3.
func (op *Resize) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	switch {
	case op.AlignCorners && op.HalfPixelCenters:
		return nil, Violation("C1", -1, "got both align_corners and half_pixel_centers, want one at most")
	case op.Mode >= numResizeModes:
		return nil, Violation("C1", -1, "unknown mode %d", op.Mode)
	case !isNumber(in[0].Type):
		return nil, Violation("C2", 0, "got type %v, want numbers", in[0].Type)
	case !in[1].Type.compatible(I32) || !in[1].Shape.Compatible(Shape{2}):
		return nil, Violation("C3", 1, "got %v, want i32[2]", in[1].Fact)
	}
	typ := F32
	if op.Mode == ResizeNearest {
		typ = in[0].Type
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = unknownShape(4)
	}
	if len(s) != 4 || s[1] == 0 || s[2] == 0 {
		return nil, Violation("C2", 0, "got shape %v, want [N, H, W, C] with H and W >= 1", s)
	}
	out := Shape{s[0], Unknown, Unknown, s[3]}
	if size, ok := intsOf(in[1]); ok {
		var err error
		if out, err = resized(out, size); err != nil {
			return nil, err
		}
	}
	return []Fact{{typ, out}}, nil
}

// Eval interpolates each element.
func (op *Resize) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch op.Mode {
	case ResizeNearest:
		op.nearest(x, y)
	case ResizeBicubic:
		op.bicubic(x.shape, y.shape, x.Float32s(), Data[float32](y))
	default:
		like := &TFQuantizedResizeBilinear{AlignCorners: op.AlignCorners, HalfPixelCenters: op.HalfPixelCenters}
		interpolate(like, x.shape, y.shape, x.Float32s(), Data[float32](y), between)
	}
	return nil
}

func (op *Resize) scale(in, out int) float32 {
	if op.AlignCorners && out > 1 {
		return float32(in-1) / float32(out-1)
	}
	return float32(in) / float32(out)
}

func (op *Resize) nearest(x, y *Tensor) {
	rows, columns := op.closest(x.shape[1], y.shape[1]), op.closest(x.shape[2], y.shape[2])
	to, c := 0, x.shape[3]
	for n := range x.shape[0] {
		for _, r := range rows {
			for _, k := range columns {
				copyUnit(y, to, x, ((n*x.shape[1]+r)*x.shape[2]+k)*c, c)
				to += c
			}
		}
	}
}

// closest returns the element that each output position takes.
func (op *Resize) closest(in, out int) []int {
	scale := op.scale(in, out)
	at := make([]int, out)
	for o := range at {
		p := float64(float32(o) * scale)
		if op.HalfPixelCenters {
			p = float64((float32(o) + 0.5) * scale)
		}
		if op.AlignCorners {
			p = math.Round(p)
		}
		at[o] = max(min(int(math.Floor(p)), in-1), 0)
	}
	return at
}

// four are the neighbours of an output position and their weights.
type four struct {
	at     [4]int
	weight [4]float32
}

// cubicSteps is the number of steps between two positions for which weights are known.
const cubicSteps = 1024

// cubic is Keys' kernel at a distance of i steps, and at one position more.
func cubic(a float64, i int) (near, far float32) {
	x := float64(float32(float64(i) / cubicSteps))
	near = float32(float64(((float64((a+2)*x) - (a + 3)) * x * x)) + 1)
	x = float64(float32(x + 1))
	far = float32(float64((float64((float64(a*x)-5*a)*x)+8*a)*x) - 4*a)
	return near, far
}

func (op *Resize) neighbours(in, out int) []four {
	scale := op.scale(in, out)
	list := make([]four, out)
	for o := range list {
		p, a := float32(float32(o)*scale), -0.75
		if op.HalfPixelCenters {
			p, a = float32((float32(o)+0.5)*scale)-0.5, -0.5
		}
		first := floor32(p)
		step := int(math.RoundToEven(float64((p - first) * cubicSteps)))
		n := &list[o]
		n.weight[1], n.weight[0] = cubic(a, step)
		n.weight[2], n.weight[3] = cubic(a, cubicSteps-step)
		var sum float32
		for i := range n.at {
			at := int(first) - 1 + i
			if n.at[i] = max(min(at, in-1), 0); n.at[i] != at && op.HalfPixelCenters {
				n.weight[i] = 0
			}
			sum += n.weight[i]
		}
		if op.HalfPixelCenters && math.Abs(float64(sum)) >= 1000*0x1p-126 {
			for i := range n.weight {
				n.weight[i] *= 1 / sum
			}
		}
	}
	return list
}

func (op *Resize) bicubic(from, to Shape, x, y []float32) {
	rows, columns := op.neighbours(from[1], to[1]), op.neighbours(from[2], to[2])
	c, row := from[3], from[2]*from[3]
	column := make([]float32, row)
	o := 0
	for n := range from[0] {
		image := x[n*from[1]*row:]
		for _, r := range rows {
			for i := range column {
				column[i] = weighed(r.weight, image[r.at[0]*row+i], image[r.at[1]*row+i], image[r.at[2]*row+i], image[r.at[3]*row+i])
			}
			for _, k := range columns {
				for ch := range c {
					y[o] = weighed(k.weight, column[k.at[0]*c+ch], column[k.at[1]*c+ch], column[k.at[2]*c+ch], column[k.at[3]*c+ch])
					o++
				}
			}
		}
	}
}

func weighed(w [4]float32, a, b, c, d float32) float32 {
	return float32(a*w[0]) + float32(b*w[1]) + float32(c*w[2]) + float32(d*w[3])
}

var _ = register[CropAndResize]("CropAndResize")

// CropAndResize cuts boxes out of images and resizes them, in f32. Corners are in parts of
// the image: 0 is the middle of the first pixel, 1 that of the last. What lies outside the
// image is Extrapolation.
//
//	Inputs:  images: a number type, [N, H, W, C]
//	         boxes: f32, [boxes, 4]: top, left, bottom, right; may be reversed
//	         indices: i32, [boxes]: the image of each
//	         size: i32, [2]: the height and width of the crops
//	Outputs: y: f32, [boxes, size..., C]
//
//	C1: images are numbers of rank 4 with H and W >= 1
//	C2: boxes are f32 of shape [boxes, 4], indices i32 of shape [boxes]
//	C3: size is i32 of shape [2], each in [1, 2^24]
//	C4: each index is in [0, N)
//
// It is TensorFlow's CropAndResize, and nGraph's op::v0::CropAndResize.
type CropAndResize struct {
	Nearest       bool    `json:"nearest,omitempty"` // in place of bilinear
	Extrapolation float32 `json:"extrapolation,omitempty"`
}

// InputNames names the inputs.
func (op *CropAndResize) InputNames() []string {
	return []string{"images", "boxes", "indices", "size"}
}

// Infer checks C1 to C3.
func (op *CropAndResize) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 4); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = unknownShape(4)
	}
	boxes, ok := in[1].Shape.Merge(Shape{Unknown, 4})
	if ok {
		var n Shape
		if n, ok = in[2].Shape.Merge(boxes[:1]); ok {
			boxes = n
		}
	}
	switch {
	case !isNumber(in[0].Type) || len(s) != 4 || s[1] == 0 || s[2] == 0:
		return nil, Violation("C1", 0, "got %v, want numbers of shape [N, H, W, C] with H and W >= 1", in[0].Fact)
	case !ok || !in[1].Type.compatible(F32) || !in[2].Type.compatible(I32):
		return nil, Violation("C2", 1, "got boxes %v and indices %v, want f32[?,4] and i32 of as many", in[1].Fact, in[2].Fact)
	case !in[3].Type.compatible(I32) || !in[3].Shape.Compatible(Shape{2}):
		return nil, Violation("C3", 3, "got %v, want i32[2]", in[3].Fact)
	}
	out := Shape{boxes[0], Unknown, Unknown, s[3]}
	if size, known := intsOf(in[3]); known {
		var err error
		if out, err = resized(out, size); err != nil {
			return nil, err
		}
	}
	return []Fact{{F32, out}}, nil
}

// Eval resizes each box.
func (op *CropAndResize) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	s, to := in[0].shape, out[0].shape
	x, boxes, y := in[0].Float32s(), Data[float32](in[1]), Data[float32](out[0])
	image, crop := s[1]*s[2]*s[3], to[1]*to[2]*to[3]
	for b, i := range Data[int32](in[2]) {
		if i < 0 || int(i) >= s[0] {
			return Violation("C4", 2, "got index %d, want in [0, %d)", i, s[0])
		}
		rows := op.places(boxes[4*b], boxes[4*b+2], s[1], to[1])
		columns := op.places(boxes[4*b+1], boxes[4*b+3], s[2], to[2])
		op.crop(s, x[int(i)*image:], rows, columns, y[b*crop:(b+1)*crop])
	}
	return nil
}

// places returns where each position of a crop lies in an image; lower is -1 outside.
func (op *CropAndResize) places(from, to float32, in, out int) []lerp {
	l := make([]lerp, out)
	var scale float32
	if out > 1 {
		scale = float32((to-from)*float32(in-1)) / float32(out-1)
	}
	for o := range l {
		p := float32(from*float32(in-1)) + float32(float32(o)*scale)
		if out == 1 {
			p = float32(float32(0.5*(from+to)) * float32(in-1))
		}
		if !(p >= 0 && p <= float32(in-1)) {
			l[o].lower = -1
			continue
		}
		if op.Nearest {
			at := min(int(math.Round(float64(p))), in-1)
			l[o] = lerp{at, at, 0}
			continue
		}
		floor := floor32(p)
		l[o] = lerp{int(floor), int(math.Ceil(float64(p))), p - floor}
	}
	return l
}

func (op *CropAndResize) crop(s Shape, image []float32, rows, columns []lerp, y []float32) {
	c, row := s[3], s[2]*s[3]
	for i := range y {
		y[i] = op.Extrapolation
	}
	for r, v := range rows {
		for k, h := range columns {
			if v.lower < 0 || h.lower < 0 {
				continue
			}
			pixel := y[(r*len(columns)+k)*c:][:c]
			for ch := range pixel {
				upper, lower := image[v.lower*row+ch:], image[v.upper*row+ch:]
				pixel[ch] = between(upper[h.lower*c], upper[h.upper*c], lower[h.lower*c], lower[h.upper*c], h.f, v.f)
			}
		}
	}
}

var _ = register[ExtractPatches]("ExtractPatches")

// ExtractPatches lays the elements under a sliding window side by side in the channels;
// padding is 0.
//
//	Inputs:  x: any type but string, [N, H, W, C]
//	Outputs: y: the type of x, [N, rows, columns, window height * window width * C]
//
//	C1: x is not string, of rank 4
//	C2: Window has two sizes >= 1; Layout is NHWC; there are no data dilations
//	C3: the padded data is at least as large as the dilated window
//
// It is TensorFlow's ExtractImagePatches, and nGraph's op::v3::ExtractImagePatches.
type ExtractPatches struct {
	Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C3.
func (op *ExtractPatches) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = unknownShape(4)
	}
	if in[0].Type == String || len(s) != 4 {
		return nil, Violation("C1", 0, "got %v, want rank 4, not string", in[0].Fact)
	}
	if len(op.Window) != 2 || op.Layout != NHWC || len(op.DataDilations) != 0 || op.Window[0] < 1 || op.Window[1] < 1 {
		return nil, Violation("C2", -1, "got window %v in layout %v with data dilations %v, want two sizes >= 1, NHWC, none", op.Window, op.Layout, op.DataDilations)
	}
	if err := op.check(2); err != nil {
		return nil, err
	}
	depth := Unknown
	if s[3] != Unknown {
		n, err := Shape{op.Window[0], op.Window[1], s[3]}.Elements()
		if err != nil {
			return nil, Violation("C2", -1, "%v", err)
		}
		depth = n
	}
	out, err := op.outShape(s, op.Window, depth)
	if err != nil {
		return nil, err
	}
	out, err = checkedShape(out)
	return []Fact{{in[0].Type, out}}, err
}

// Eval copies pixel by pixel.
func (op *ExtractPatches) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	clear(out[0].data)
	s := in[0].shape
	if out[0].Len() == 0 {
		return nil
	}
	axes, err := op.Axes(s, op.Window)
	if err != nil {
		return err
	}
	to := 0
	eachIndex(Shape{s[0], axes[0].Out, axes[1].Out, op.Window[0], op.Window[1]}, func(i []int) {
		r, ok1 := axes[0].At(i[1], i[3])
		k, ok2 := axes[1].At(i[2], i[4])
		if ok1 && ok2 {
			copyUnit(out[0], to, in[0], ((i[0]*s[1]+r)*s[2]+k)*s[3], s[3])
		}
		to += s[3]
	})
	return nil
}

var _ = register[MaxPoolWithArgmax]("MaxPoolWithArgmax")

// MaxPoolWithArgmax is MaxPool with the place of each maximum, the first among equals.
//
//	Inputs:  x: a number type, [N, H, W, C]
//	Outputs: y: the type of x, [N, rows, columns, C]
//	         argmax: Type, that shape: (row*W + column)*C + channel in the image, or with
//	         IncludeBatch in all images
//
//	C1: x is a number (not u64) of rank 4; Type is i32 or i64
//	C2: Window has two sizes >= 1; Layout is NHWC; there are no data dilations
//	C3: the padded data is at least as large as the dilated window
//
// It is TensorFlow's MaxPoolWithArgmax.
type MaxPoolWithArgmax struct {
	Spatial
	Window       []int `json:"window_shape"`
	Type         Type  `json:"type"`
	IncludeBatch bool  `json:"include_batch,omitempty"`
}

// Infer checks C1 to C3.
func (op *MaxPoolWithArgmax) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = unknownShape(4)
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 || len(s) != 4 || op.Type != I32 && op.Type != I64 {
		return nil, Violation("C1", 0, "got %v with %v for argmax, want numbers of rank 4, and i32 or i64", in[0].Fact, op.Type)
	}
	if len(op.Window) != 2 || op.Layout != NHWC || len(op.DataDilations) != 0 || op.Window[0] < 1 || op.Window[1] < 1 {
		return nil, Violation("C2", -1, "got window %v in layout %v with data dilations %v, want two sizes >= 1, NHWC, none", op.Window, op.Layout, op.DataDilations)
	}
	if err := op.check(2); err != nil {
		return nil, err
	}
	out, err := op.outShape(s, op.Window, s[3])
	if err != nil {
		return nil, err
	}
	out, err = checkedShape(out)
	return []Fact{{in[0].Type, out}, {op.Type, slices.Clone(out)}}, err
}

// Eval compares in order.
func (op *MaxPoolWithArgmax) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	if out[0].Len() == 0 {
		return nil
	}
	s := in[0].shape
	axes, err := op.Axes(s, op.Window)
	if err != nil {
		return err
	}
	var at []int64
	if in[0].typ.IsInteger() {
		at = largestInWindows(in[0].Int64s(), s, axes)
	} else {
		at = largestInWindows(in[0].Float64s(), s, axes)
	}
	image := int64(s[1] * s[2] * s[3])
	for i, v := range at {
		if copyUnit(out[0], i, in[0], int(v), 1); !op.IncludeBatch {
			at[i] = v % image
		}
	}
	out[1].setInts(at)
	return nil
}

// largestInWindows returns the place of the largest element of each window in x.
func largestInWindows[T int64 | float64](x []T, s Shape, axes []Axis) []int64 {
	var at []int64
	eachIndex(Shape{s[0], axes[0].Out, axes[1].Out, s[3]}, func(i []int) {
		best := -1
		for r := range axes[0].Window {
			row, ok := axes[0].At(i[1], r)
			if !ok {
				continue
			}
			for k := range axes[1].Window {
				column, ok := axes[1].At(i[2], k)
				p := ((i[0]*s[1]+row)*s[2]+column)*s[3] + i[3]
				if ok && (best < 0 || x[p] > x[best]) {
					best = p
				}
			}
		}
		at = append(at, int64(max(best, 0)))
	})
	return at
}
