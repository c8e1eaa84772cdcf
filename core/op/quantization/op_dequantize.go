package quantization

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Dequantize]("Dequantize")

// Dequantize maps integers to reals.
//
//	y[i] = (input[i] - zero_point[p(i)]) * scale[p(i)]
//
// p projects an index on Axes. The difference is exact, then rounded to Type, in
// which the product is computed.
//
//	Inputs:  input: i8, u8 or i32, any shape
//	         scale: Type, the input's shape projected on Axes
//	         zero_point: the input's type, the shape of scale
//	Outputs: y: Type, the input's shape
//
//	C1: Type is f32 or f64
//	C2: input and zero point are i8, u8 or i32, of one type
//	C3: the scale has the output's type
//	C4: scale and zero point have one shape
//	C5: their rank is the number of axes
//	C6: the axes ascend and are less than the input's rank
//	C7: scale and zero point have the input's dimensions at the axes
//
// It is nGraph's op::v0::Dequantize.
type Dequantize struct {
	Type core.Type `json:"type"`
	Axes []int     `json:"axes,omitempty"`
}

// InputNames names the inputs.
func (op *Dequantize) InputNames() []string { return quantizeInputs }

// Infer checks C1 to C7.
func (op *Dequantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	input, scale, zero := in[0], in[1], in[2]
	switch {
	case op.Type != core.F32 && op.Type != core.F64:
		return nil, core.Violation("C1", -1, "output type: got %v, want f32 or f64", op.Type)
	case !infer.IsQuantized(input.Type) && input.Type != core.Dynamic:
		return nil, core.Violation("C2", 0, "got type %v, want i8, u8 or i32", input.Type)
	case !infer.IsQuantized(zero.Type) && zero.Type != core.Dynamic || !zero.Type.Compatible(input.Type):
		return nil, core.Violation("C2", 2, "got type %v, want the input's %v", zero.Type, input.Type)
	case !scale.Type.Compatible(op.Type):
		return nil, core.Violation("C3", 1, "got type %v, want the output's %v", scale.Type, op.Type)
	}
	shape, err := quantizedShape(input.Shape, scale.Shape, zero.Shape, op.Axes)
	return []core.Fact{{Type: op.Type, Shape: shape}}, err
}

// Eval is the plain loop.
func (op *Dequantize) Eval(in, out []*core.Tensor) error {
	x, scale, zero := in[0].Int64s(), in[1].Float64s(), in[2].Int64s()
	round := roundTo(op.Type)
	y := make([]float64, len(x))
	eachProjected(in[0].Shape(), op.Axes, func(i, p int) {
		y[i] = round(round(float64(x[i]-zero[p])) * scale[p])
	})
	setFloats(out[0], y)
	return nil
}

// DequantizedAxis returns the axis along which scales differ.
func (op *Dequantize) DequantizedAxis() (axis int, ok bool) { return trait.AxisOfSlices(op.Axes) }

// Elements is trait.FirstElements if all elements have the same scale.
func (op *Dequantize) Elements() trait.Elements {
	return trait.ElementsOfSlices(op.DequantizedAxis())
}

// Rows are along the last axis, if that is the axis along which scales differ.
func (op *Dequantize) Rows(x core.Shape) (trait.Rows, bool) {
	c := *op
	c.Axes = []int{1}
	axis, ok := op.DequantizedAxis()
	if !ok || axis < 0 {
		return trait.Rows{}, false
	}
	return trait.RowsOf(x, axis, &c, false)
}

// ElementCost is at most the cost of a product.
func (op *Dequantize) ElementCost(core.Type) (cost int, ok bool) { return 1, true }
