package quantization

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Quantize]("Quantize")

// Quantize maps reals to integers.
//
//	q[i] = clamp(ROUND(input[i] / scale[p(i)]) + zero_point[p(i)], Type)
//
// p projects an index on Axes. The quotient is computed in the input's type and
// rounded by RoundMode before the zero point is added. NaN counts as 0.
//
//	Inputs:  input: f32 or f64, any shape
//	         scale: the input's type, the input's shape projected on Axes
//	         zero_point: Type, the shape of scale
//	Outputs: q: Type, the input's shape
//
//	C1: Type is i8, u8 or i32
//	C2: input and scale are f32 or f64, of one type
//	C3: the zero point has the output's type
//	C4: scale and zero point have one shape
//	C5: their rank is the number of axes
//	C6: the axes ascend and are less than the input's rank
//	C7: scale and zero point have the input's dimensions at the axes
//	C8: RoundMode is one of nGraph's nine
//	C9: every scale is finite and not 0
//
// It is nGraph's op::v0::Quantize; i32 overflow saturates here.
type Quantize struct {
	Type      core.Type         `json:"type"`
	Axes      []int             `json:"axes,omitempty"`
	RoundMode numeric.RoundMode `json:"round_mode"`
}

var quantizeInputs = []string{"input", "scale", "zero_point"}

// InputNames names the inputs.
func (op *Quantize) InputNames() []string { return quantizeInputs }

// Infer checks C1 to C9.
func (op *Quantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	input, scale, zero := in[0], in[1], in[2]
	switch {
	case !infer.IsQuantized(op.Type):
		return nil, core.Violation("C1", -1, "output type: got %v, want i8, u8 or i32", op.Type)
	case !isReal(input.Type):
		return nil, core.Violation("C2", 0, "got type %v, want f32 or f64", input.Type)
	case !isReal(scale.Type) || !scale.Type.Compatible(input.Type):
		return nil, core.Violation("C2", 1, "got type %v, want the input's %v", scale.Type, input.Type)
	case !zero.Type.Compatible(op.Type):
		return nil, core.Violation("C3", 2, "got type %v, want the output's %v", zero.Type, op.Type)
	case !op.RoundMode.Valid():
		return nil, core.Violation("C8", -1, "round mode: got %d, want one of nGraph's nine", op.RoundMode)
	}
	shape, err := quantizedShape(input.Shape, scale.Shape, zero.Shape, op.Axes)
	if err != nil {
		return nil, err
	}
	if scale.Const != nil {
		err = infer.CheckScales(scale.Const, "C9")
	}
	return []core.Fact{{Type: op.Type, Shape: shape}}, err
}

// isReal reports whether t is f32, f64 or not known.
func isReal(t core.Type) bool { return t == core.F32 || t == core.F64 || t == core.Dynamic }

// quantizedShape checks C4 to C7 of Quantize and Dequantize, and returns the output's shape: the input's, completed
// by what the scale and the zero point tell about it.
func quantizedShape(input, scale, zero core.Shape, axes []int) (core.Shape, error) {
	merged, ok := scale.Merge(zero)
	if !ok {
		return nil, core.Violation("C4", 1, "got shape %v, want the zero point's %v", scale, zero)
	}
	if merged.Ranked() && len(merged) != len(axes) {
		return nil, core.Violation("C5", 1, "got shape %v, want rank %d: one dimension for each of the axes %v",
			merged, len(axes), axes)
	}
	for i, a := range axes {
		if a < 0 || i > 0 && a <= axes[i-1] {
			return nil, core.Violation("C6", -1, "axes: got %v, want ascending numbers >= 0", axes)
		}
		if input.Ranked() && a >= len(input) {
			return nil, core.Violation("C6", -1, "axes: got %v, want each less than the rank %d of the input %v",
				axes, len(input), input)
		}
	}
	if !input.Ranked() || !merged.Ranked() {
		return input, nil
	}
	out := slices.Clone(input)
	for i, a := range axes {
		switch {
		case merged[i] == core.Unknown:
		case out[a] == core.Unknown:
			out[a] = merged[i]
		case out[a] != merged[i]:
			return nil, core.Violation("C7", 1, "got shape %v, want the dimensions of the input %v at the axes %v",
				merged, input, axes)
		}
	}
	return out, nil
}

// eachProjected calls f with every flat index of a shape and that of its projection
// on axes.
func eachProjected(s core.Shape, axes []int, f func(i, p int)) {
	i := 0
	elements.EachIndex(s, func(idx []int) {
		p := 0
		for _, a := range axes {
			p = p*s[a] + idx[a]
		}
		f(i, p)
		i++
	})
}

// Eval is the plain loop.
func (op *Quantize) Eval(in, out []*core.Tensor) error {
	if err := infer.CheckScales(in[1], "C9"); err != nil {
		return err
	}
	x, scale, zero := in[0].Float64s(), in[1].Float64s(), in[2].Int64s()
	round := roundTo(in[0].Type())
	lo, hi := op.Type.Bounds()
	set := elements.IntSetter(out[0])
	eachProjected(in[0].Shape(), op.Axes, func(i, p int) {
		r := op.RoundMode.Round(round(x[i] / scale[p]))
		if math.IsNaN(r) {
			r = 0
		}
		set(i, numeric.Saturate(r+float64(zero[p]), lo, hi))
	})
	return nil
}

// QuantizedAxis returns the axis along which scales differ.
func (op *Quantize) QuantizedAxis() (axis int, ok bool) { return trait.AxisOfSlices(op.Axes) }

// Elements is trait.FirstElements if all elements have the same scale.
func (op *Quantize) Elements() trait.Elements { return trait.ElementsOfSlices(op.QuantizedAxis()) }

// Rows are along the last axis, if that is the axis along which scales differ.
func (op *Quantize) Rows(x core.Shape) (trait.Rows, bool) {
	c := *op
	c.Axes = []int{1}
	axis, ok := op.QuantizedAxis()
	if !ok || axis < 0 {
		return trait.Rows{}, false
	}
	return trait.RowsOf(x, axis, &c, false)
}

// ElementCost is the cost of a product that is rounded and stored.
func (op *Quantize) ElementCost(core.Type) (cost int, ok bool) { return 2, true }
