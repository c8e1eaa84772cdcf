package vision

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/interpolate"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Resize]("Resize")

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
func (m ResizeMode) String() string { return enum.Name(m, resizeModeNames[:]) }

// MarshalText writes the name, which stands for the ResizeMode in JSON.
func (m ResizeMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *ResizeMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "resize mode", resizeModeNames[:])
}

// Resize changes the height and width of images. An output position o lies at
//
//	p = o*scale, or (o + 1/2)*scale - 1/2 with HalfPixelCenters (Nearest: without - 1/2);
//	scale = in/out, or (in-1)/(out-1) with AlignCorners and out > 1
//
// in float32. Nearest takes the element at floor(p), or, with AlignCorners, at p rounded to nearest, ties away from
// zero. Bilinear interpolates between the two neighbours, first along the width. Bicubic weights four neighbours by
// Keys' kernel, tabulated in 1024 steps: with HalfPixelCenters a = -1/2, and neighbours outside the image are left
// out; otherwise a = -3/4, and they have the value at the edge. Positions are clamped to the image.
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
func (op *Resize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	switch {
	case op.AlignCorners && op.HalfPixelCenters:
		return nil, core.Violation("C1", -1, "got both align_corners and half_pixel_centers, want one at most")
	case op.Mode >= numResizeModes:
		return nil, core.Violation("C1", -1, "unknown mode %d", op.Mode)
	case !infer.IsNumber(in[0].Type):
		return nil, core.Violation("C2", 0, "got type %v, want numbers", in[0].Type)
	}
	typ := core.F32
	if op.Mode == ResizeNearest {
		typ = in[0].Type
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(4)
	}
	if len(s) != 4 || s[1] == 0 || s[2] == 0 {
		return nil, core.Violation("C2", 0, "got shape %v, want [N, H, W, C] with H and W >= 1", s)
	}
	out, err := interpolate.Resized("C3", in, 1, s[0], s[3])
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: typ, Shape: out}}, nil
}

// Eval interpolates each element.
func (op *Resize) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch op.Mode {
	case ResizeNearest:
		op.nearest(x, y)
	case ResizeBicubic:
		op.bicubic(x.Shape(), y.Shape(), x.Float32s(), core.Data[float32](y))
	default:
		interpolate.Images(op.sampling(), x.Shape(), y.Shape(), x.Float32s(), core.Data[float32](y), interpolate.Between)
	}
	return nil
}

// Places implements trait.Taking for mode Nearest.
func (op *Resize) Places(x, out core.Shape) (trait.Places, bool) {
	if op.Mode != ResizeNearest {
		return trait.Places{}, false
	}
	rows, columns := op.closest(x[1], out[1]), op.closest(x[2], out[2])
	return trait.NewPlaces(x, out, func(axis, i int) int {
		switch axis {
		case 1:
			return rows[i]
		case 2:
			return columns[i]
		}
		return i
	}), true
}

// Widens is true unless elements are copied: bf16 and f16 are interpolated in f32.
func (op *Resize) Widens() bool { return op.Mode != ResizeNearest }

func (op *Resize) sampling() interpolate.Sampling {
	return interpolate.Sampling{AlignCorners: op.AlignCorners, HalfPixelCenters: op.HalfPixelCenters}
}

func (op *Resize) nearest(x, y *core.Tensor) {
	rows, columns := op.closest(x.Shape()[1], y.Shape()[1]), op.closest(x.Shape()[2], y.Shape()[2])
	to, c := 0, x.Shape()[3]
	for n := range x.Shape()[0] {
		for _, r := range rows {
			for _, k := range columns {
				elements.CopyUnit(y, to, x, ((n*x.Shape()[1]+r)*x.Shape()[2]+k)*c, c)
				to += c
			}
		}
	}
}

// closest returns the input position for each output position.
func (op *Resize) closest(in, out int) []int {
	scale := op.sampling().Scale(in, out)
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

// Neighbours are the four input elements from which an output position is computed, and their weights. The products
// are added in order, and each step is rounded.
type Neighbours struct {
	At     [4]int
	Weight [4]float32
}

// cubicSteps is the number of steps between two input positions for which weights are tabulated.
const cubicSteps = 1024

// cubic returns Keys' kernel at a distance of i steps, and at that distance plus one position.
func cubic(a float64, i int) (near, far float32) {
	x := float64(float32(float64(i) / cubicSteps))
	near = float32(float64(((float64((a+2)*x) - (a + 3)) * x * x)) + 1)
	x = float64(float32(x + 1))
	far = float32(float64((float64((float64(a*x)-5*a)*x)+8*a)*x) - 4*a)
	return near, far
}

// Neighbours returns, for mode Bicubic, the Neighbours of each of out positions in a dimension of in elements.
// Elements are interpolated along the height first.
func (op *Resize) Neighbours(in, out int) []Neighbours {
	scale := op.sampling().Scale(in, out)
	list := make([]Neighbours, out)
	for o := range list {
		p, a := float32(float32(o)*scale), -0.75
		if op.HalfPixelCenters {
			p, a = float32((float32(o)+0.5)*scale)-0.5, -0.5
		}
		first := arithmetic.Floor32(p)
		step := int(math.RoundToEven(float64((p - first) * cubicSteps)))
		n := &list[o]
		n.Weight[1], n.Weight[0] = cubic(a, step)
		n.Weight[2], n.Weight[3] = cubic(a, cubicSteps-step)
		var sum float32
		for i := range n.At {
			at := int(first) - 1 + i
			if n.At[i] = max(min(at, in-1), 0); n.At[i] != at && op.HalfPixelCenters {
				n.Weight[i] = 0
			}
			sum += n.Weight[i]
		}
		if op.HalfPixelCenters && math.Abs(float64(sum)) >= 1000*0x1p-126 {
			for i := range n.Weight {
				n.Weight[i] *= 1 / sum
			}
		}
	}
	return list
}

func (op *Resize) bicubic(from, to core.Shape, x, y []float32) {
	rows, columns := op.Neighbours(from[1], to[1]), op.Neighbours(from[2], to[2])
	c, row := from[3], from[2]*from[3]
	column := make([]float32, row)
	o := 0
	for n := range from[0] {
		image := x[n*from[1]*row:]
		for _, r := range rows {
			for i := range column {
				column[i] = weighed(r.Weight,
					image[r.At[0]*row+i], image[r.At[1]*row+i], image[r.At[2]*row+i], image[r.At[3]*row+i])
			}
			for _, k := range columns {
				for ch := range c {
					y[o] = weighed(k.Weight, column[k.At[0]*c+ch], column[k.At[1]*c+ch], column[k.At[2]*c+ch], column[k.At[3]*c+ch])
					o++
				}
			}
		}
	}
}

func weighed(w [4]float32, a, b, c, d float32) float32 {
	return float32(a*w[0]) + float32(b*w[1]) + float32(c*w[2]) + float32(d*w[3])
}

// Between says where an output position lies between two elements of the input: at
// x[Lower] + (x[Upper]-x[Lower])*Fraction, each step rounded.
type Between = interpolate.Lerp

// Between returns, for mode Bilinear, where each of out positions lies in a dimension of in elements. Elements are
// interpolated along the width first.
func (op *Resize) Between(in, out int) []Between {
	return op.sampling().Lerps(in, out)
}
