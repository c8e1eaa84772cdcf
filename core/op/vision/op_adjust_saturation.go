package vision

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[AdjustSaturation]("AdjustSaturation")

// AdjustSaturation multiplies the saturation of colours, and keeps their hue h and value v.
//
//	v = max of the components; s = (v - min) / v, or 0 unless v > 0
//	s' = min(1, max(0, s * scale)); c = s' * v
//	y = v - c + (c, c * (1 - |6h mod 2 - 1|) or 0, as h says)
//
// each step rounded to f32.
//
//	Inputs:  x: f32, [..., 3]: red, green and blue
//	         scale: f32, []
//	Outputs: y: f32, the shape of x
//
//	C1: x is f32 with a last dimension of 3
//	C2: scale is f32 of shape []
//
// It is TensorFlow's AdjustSaturation.
type AdjustSaturation struct{}

// InputNames names the inputs.
func (op *AdjustSaturation) InputNames() []string { return []string{"x", "scale"} }

// Infer checks C1 and C2.
func (op *AdjustSaturation) Infer(in []core.Operand) ([]core.Fact, error) { return inferColours(in) }

// Eval goes from pixel to pixel.
func (op *AdjustSaturation) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	scale := core.Data[float32](in[1])[0]
	eachColour(in[0], out[0], func(r, g, b float32) (float32, float32, float32) {
		h, s, v := saturation(r, g, b)
		return ofSaturation(h, smaller(1, larger(0, s*scale)), v)
	})
	return nil
}

// larger returns b if a < b, else a.
func larger(a, b float32) float32 {
	if a < b {
		return b
	}
	return a
}

// smaller returns b if b < a, else a.
func smaller(a, b float32) float32 {
	if b < a {
		return b
	}
	return a
}

// saturation returns the hue in [0, 1), the saturation and the value of a colour.
func saturation(r, g, b float32) (h, s, v float32) {
	v = larger(r, larger(g, b))
	span := v - smaller(r, smaller(g, b))
	if v > 0 {
		s = span / v
	}
	norm := 1 / float32(6*span)
	switch {
	case span <= 0:
		return 0, s, v
	case r == v:
		h = norm * (g - b)
	case g == v:
		h = float32(float64(float32(norm*(b-r))) + 2.0/6)
	default:
		h = float32(float64(float32(norm*(r-g))) + 4.0/6)
	}
	if h < 0 {
		h++
	}
	return h, s, v
}

// ofSaturation returns the colour of a hue, a saturation and a value.
func ofSaturation(h, s, v float32) (r, g, b float32) {
	c := float32(s * v)
	m := v - c
	turn := h * 6
	if !(turn > -1 && turn < 7) {
		return m, m, m
	}
	part := turn
	for part <= 0 {
		part += 2
	}
	for part >= 2 {
		part -= 2
	}
	part--
	if part < 0 {
		part = -part
	}
	x := float32(c * (1 - part))
	switch int(turn) {
	case 0:
		r, g = c, x
	case 1:
		r, g = x, c
	case 2:
		g, b = c, x
	case 3:
		g, b = x, c
	case 4:
		r, b = x, c
	case 5:
		r, b = c, x
	}
	return r + m, g + m, b + m
}

// Rows is one of each pixel.
func (op *AdjustSaturation) Rows(x core.Shape) (trait.Rows, bool) {
	return trait.RowsOf(x, -1, op, false)
}
