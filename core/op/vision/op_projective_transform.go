package vision

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/interpolate"
	"github.com/tf2ng/tf2ng/core/trait"
)

// FillMode says what is outside an image.
type FillMode uint8

// The modes.
const (
	FillConstant FillMode = iota // the fill value
	FillReflect                  // the image mirrored at its borders
	FillWrap                     // the image again
	FillNearest                  // the nearest pixel
	numFillModes
)

var fillModeNames = [numFillModes]string{"Constant", "Reflect", "Wrap", "Nearest"}

// String returns the mode's name.
func (m FillMode) String() string { return enum.Name(m, fillModeNames[:]) }

// MarshalText writes the name, which stands for the FillMode in JSON.
func (m FillMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *FillMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "fill mode", fillModeNames[:])
}

var _ = core.Register[ProjectiveTransform]("ProjectiveTransform")

// ProjectiveTransform moves the pixels of images by a projection.
//
//	k       = t[6]*x + t[7]*y + 1
//	from    = ((t[0]*x + t[1]*y + t[2]) / k, (t[3]*x + t[4]*y + t[5]) / k), moved into the image as Fill says
//	y[y, x] = images[from], or fill for k = 0
//
// A place is rounded (halves away from 0), or, with Bilinear, the four pixels around it are weighted, first along the
// rows. All steps are in f32 and rounded. The result is converted to the type of the images, and truncated for
// integers, which take the nearest number of their type beyond their range, and 0 for NaN.
//
//	Inputs:  images: a number type, [N, H, W, C]
//	         transforms: f32, [N, 8] or [1, 8]
//	         size: i32, [2]: the height and width of the results
//	         fill: f32, []
//	Outputs: y: the type of images, [N, size..., C]
//
//	C1: images are numbers of rank 4 (not u64)
//	C2: transforms are f32, [N, 8] or [1, 8]
//	C3: size is i32 of shape [2], each in [1, 2^24]
//	C4: fill is f32[]; Fill is one of the modes
//
// It is TensorFlow's ImageProjectiveTransformV2 and V3.
type ProjectiveTransform struct {
	Bilinear bool     `json:"bilinear,omitempty"`
	Fill     FillMode `json:"fill"`
}

// InputNames names the inputs.
func (op *ProjectiveTransform) InputNames() []string {
	return []string{"images", "transforms", "size", "fill"}
}

// Infer checks C1 to C4.
func (op *ProjectiveTransform) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	s, ok := in[0].Shape.Merge(infer.UnknownShape(4))
	if t := in[0].Type; !ok || !infer.IsNumber(t) || t == core.U64 {
		return nil, core.Violation("C1", 0, "got %v, want numbers other than u64 of rank 4", in[0].Fact)
	}
	t, ok := in[1].Shape.Merge(core.Shape{core.Unknown, 8})
	if !ok || !in[1].Type.Compatible(core.F32) || t[0] != 1 && !t[:1].Compatible(s[:1]) {
		return nil, core.Violation("C2", 1, "got %v, want f32 of shape [%d,8] or [1,8]", in[1].Fact, s[0])
	}
	if !in[3].Type.Compatible(core.F32) || !in[3].Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C4", 3, "got %v, want f32[]", in[3].Fact)
	}
	if op.Fill >= numFillModes {
		return nil, core.Violation("C4", -1, "unknown fill mode %d", op.Fill)
	}
	out, err := interpolate.Resized("C3", in, 2, s[0], s[3])
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
}

// BatchInputs says which inputs have the batch axis (axis 0).
func (op *ProjectiveTransform) BatchInputs(in []core.Fact, out core.Shape) []bool {
	return []bool{true, len(in[1].Shape) > 0 && in[1].Shape[0] == out[0] && out[0] != 1, false, false}
}

// Eval moves pixel by pixel.
func (op *ProjectiveTransform) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s, to := in[0].Shape(), out[0].Shape()
	t, v := core.Data[float32](in[1]), make([]float32, out[0].Len())
	p := projection{
		op: op, height: s[1], width: s[2], channels: s[3], fill: core.Data[float32](in[3])[0],
	}
	x := in[0].Float32s()
	for row := range to[0] * to[1] {
		if out[0].Abandoned() {
			return nil
		}
		n, oy := row/to[1], float32(row%to[1])
		image := x[n*s[1]*s[2]*s[3]:][:s[1]*s[2]*s[3]]
		m := t[:8]
		if len(t) > 8 {
			m = t[8*n:][:8]
		}
		for ox := range to[2] {
			p.pixel(v[(row*to[2]+ox)*s[3]:][:s[3]], image, m, float32(ox), oy)
		}
	}
	setTruncated(out[0], v)
	return nil
}

// projection is where pixels come from.
type projection struct {
	op                      *ProjectiveTransform
	height, width, channels int
	fill                    float32
}

// pixel sets y to what the place (x, y) of the result shows.
func (p *projection) pixel(y, image, t []float32, ox, oy float32) {
	k := float32(t[6]*ox) + float32(t[7]*oy) + 1
	fx := (float32(t[0]*ox) + float32(t[1]*oy) + t[2]) / k
	fy := (float32(t[3]*ox) + float32(t[4]*oy) + t[5]) / k
	if k == 0 || fx != fx || fy != fy {
		for c := range y {
			y[c] = p.fill
		}
		return
	}
	fx, fy = p.op.Fill.inside(fx, p.width), p.op.Fill.inside(fy, p.height)
	if !p.op.Bilinear {
		at := p.at(image, float32(math.Round(float64(fy))), float32(math.Round(float64(fx))))
		for c := range y {
			y[c] = p.channel(at, c)
		}
		return
	}
	top, left := floor(fy), floor(fx)
	bottom, right := top+1, left+1
	a, b := p.at(image, top, left), p.at(image, top, right)
	d, e := p.at(image, bottom, left), p.at(image, bottom, right)
	if a == nil || b == nil || d == nil || e == nil {
		for c := range y {
			y[c] = between(p.channel(a, c), p.channel(b, c), p.channel(d, c), p.channel(e, c), right-fx, fx-left,
				bottom-fy, fy-top)
		}
		return
	}
	a, b, d, e = a[:len(y)], b[:len(y)], d[:len(y)], e[:len(y)]
	for c := range y {
		y[c] = between(a[c], b[c], d[c], e[c], right-fx, fx-left, bottom-fy, fy-top)
	}
}

// between weights four pixels: a and b above d and e.
func between(a, b, d, e, left, right, top, bottom float32) float32 {
	above := float32(left*a) + float32(right*b)
	below := float32(left*d) + float32(right*e)
	return float32(top*above) + float32(bottom*below)
}

// floor is the largest whole number that is not above x. Beyond whole numbers of 32 bits it is x.
func floor(x float32) float32 {
	if !(x > -1<<31 && x < 1<<31) {
		return x
	}
	whole := float32(int32(x))
	if whole > x {
		whole--
	}
	return whole
}

// at returns the channels of the pixel at a whole place; nil outside the image.
func (p *projection) at(image []float32, y, x float32) []float32 {
	if !(0 <= y && y < float32(p.height) && 0 <= x && x < float32(p.width)) {
		return nil
	}
	return image[(int(y)*p.width+int(x))*p.channels:][:p.channels]
}

// channel returns one of the channels of a pixel, or the fill value.
func (p *projection) channel(pixel []float32, c int) float32 {
	if pixel == nil {
		return p.fill
	}
	return pixel[c]
}

// inside moves a coordinate into n pixels.
func (m FillMode) inside(x float32, n int) float32 {
	last, length, twice := float32(n-1), float32(n), float32(2*n)
	switch {
	case m == FillConstant:
		return x
	case m == FillNearest || x >= 0 && x <= last:
	case n <= 1:
		return 0
	case m == FillReflect && x < 0:
		if x < twice {
			x += float32(twice * truncated(-x/twice))
		}
		if x < -length {
			x += twice
		} else {
			x = -x - 1
		}
	case m == FillReflect:
		if x -= float32(twice * truncated(x/twice)); x >= length {
			x = twice - x - 1
		}
	case x < 0:
		x += float32(length * (truncated(-x/last) + 1))
	default:
		x -= float32(length * truncated(x/last))
	}
	return max(0, min(x, last))
}

func truncated(x float32) float32 { return float32(math.Trunc(float64(x))) }

// setTruncated stores reals, which integers truncate to their range.
func setTruncated(t *core.Tensor, v []float32) {
	if t.Type().IsFloat() {
		elements.SetFloat32s(t, v)
		return
	}
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	if t.Type() != core.I64 {
		lo, hi = t.Type().Bounds()
	}
	whole := make([]int64, len(v))
	for i, x := range v {
		switch {
		case x != x:
		case x <= float32(lo):
			whole[i] = lo
		case x >= float32(hi):
			whole[i] = hi
		default:
			whole[i] = int64(x)
		}
	}
	elements.SetInts(t, whole)
}

var _ trait.Batched = (*ProjectiveTransform)(nil)
