package vision

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[AdjustHue]("AdjustHue")

// AdjustHue turns the hue of colours by a part of the circle and keeps their largest and smallest component.
//
// Hue is a number in [0, 6), whose whole part, the category, says which component is the largest, which the middle
// one. That rises between the smallest and the largest in even categories, and falls in odd ones:
//
//	h = category + ratio, or category + (1 - ratio) where it falls; ratio = (middle - smallest) / (largest - smallest)
//	middle = smallest + ratio' * (largest - smallest), of h + delta*6, brought into [0, 6) by adding or subtracting 6
//
// each step rounded to f32.
//
//	Inputs:  x: f32, [..., 3]: red, green and blue
//	         delta: f32, []
//	Outputs: y: f32, the shape of x
//
//	C1: x is f32 with a last dimension of 3
//	C2: delta is f32 of shape []
//	C3: delta is in [-4096, 4096]
//
// It is TensorFlow's AdjustHue.
type AdjustHue struct{}

// InputNames names the inputs.
func (op *AdjustHue) InputNames() []string { return []string{"x", "delta"} }

// mostTurns bounds delta.
const mostTurns = 4096

// Infer checks C1 to C3.
func (op *AdjustHue) Infer(in []core.Operand) ([]core.Fact, error) {
	out, err := inferColours(in)
	if err == nil && in[1].Const != nil {
		err = checkTurns(in[1].Const)
	}
	return out, err
}

// inferColours checks C1 and C2 of the ops that adjust colours.
func inferColours(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !in[0].Type.Compatible(core.F32) || s.Ranked() && (len(s) == 0 || !s[len(s)-1:].Compatible(core.Shape{3})) {
		return nil, core.Violation("C1", 0, "got %v, want f32 with a last dimension of 3", in[0].Fact)
	}
	if err := wantFactor(in[1]); err != nil {
		return nil, err
	}
	if s.Ranked() {
		s = s.Clone()
		s[len(s)-1] = 3
	}
	return []core.Fact{{Type: core.F32, Shape: s}}, nil
}

func checkTurns(delta *core.Tensor) error {
	if d := core.Data[float32](delta)[0]; !(d >= -mostTurns && d <= mostTurns) {
		return core.Violation("C3", 1, "got %v, want in [-%d, %d]", d, mostTurns, mostTurns)
	}
	return nil
}

// Eval turns pixel by pixel.
func (op *AdjustHue) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	turn := core.Data[float32](in[1])[0] * 6
	eachColour(in[0], out[0], func(r, g, b float32) (float32, float32, float32) {
		h, least, most := hue(r, g, b)
		h += turn
		for h < 0 {
			h += 6
		}
		for h >= 6 {
			h -= 6
		}
		return ofHue(h, least, most)
	})
	return nil
}

// eachColour sets each pixel of y to f of that of x.
func eachColour(x, y *core.Tensor, f func(r, g, b float32) (float32, float32, float32)) {
	from, to := core.Data[float32](x), core.Data[float32](y)
	for i := 0; i+2 < len(from); i += 3 {
		if i%(3<<14) == 0 && y.Abandoned() {
			return
		}
		to[i], to[i+1], to[i+2] = f(from[i], from[i+1], from[i+2])
	}
}

// hue returns the hue of a colour, and its smallest and largest component.
func hue(r, g, b float32) (h, least, most float32) {
	var middle float32
	category := 0
	switch {
	case r < g && b < r:
		most, middle, least, category = g, r, b, 1
	case r < g && b > g:
		most, middle, least, category = b, g, r, 3
	case r < g:
		most, middle, least, category = g, b, r, 2
	case b < g:
		most, middle, least, category = r, g, b, 0
	case b > r:
		most, middle, least, category = b, r, g, 4
	default:
		most, middle, least, category = r, b, g, 5
	}
	if most == least {
		return 0, least, most
	}
	ratio := (middle - least) / (most - least)
	if category%2 == 1 {
		ratio = 1 - ratio
	}
	return float32(category) + ratio, least, most
}

// ofHue returns the colour of a hue in [0, 6) with a smallest and a largest component.
func ofHue(h, least, most float32) (r, g, b float32) {
	category := 5
	ratio := h
	if h < 6 { // it is no NaN
		category = int(h)
		ratio = h - float32(category)
	}
	if category%2 == 1 {
		ratio = 1 - ratio
	}
	middle := least + float32(ratio*(most-least))
	switch category {
	case 0:
		return most, middle, least
	case 1:
		return middle, most, least
	case 2:
		return least, most, middle
	case 3:
		return least, middle, most
	case 4:
		return middle, least, most
	}
	return most, least, middle
}

// Rows is one of each pixel.
func (op *AdjustHue) Rows(x core.Shape) (trait.Rows, bool) {
	return trait.RowsOf(x, -1, op, false)
}
