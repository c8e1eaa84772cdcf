package linear

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/postop"
)

var _ = core.Register[QuantizedConvolution]("QuantizedConvolution")

// QuantizedConvolution convolves quantized data with quantized filters and quantizes
// the result.
//
//	acc[n,o,p] = sum over the taps inside the data of (input - input_zp) * (filters - filter_zp[o])
//	out        = clamp(ROUND(f32(acc) * (input_scale * filter_scale[o] / output_scale)) + output_zp, OutputType)
//
// The sum is exact, the products and quotients of scales are rounded to f32 one by
// one. ROUND is to nearest; ties go to even for i8 and u8 outputs and away from zero
// for i32. Padding contributes nothing.
//
//	Inputs:  input: i8 or u8, [N, C, spatial...] (NHWC: [N, spatial..., C])
//	         filters: i8 or u8, [O, C/Groups, spatial...] (NHWC: [spatial..., C/Groups, O])
//	         input_scale: f32, [] or [1]
//	         input_zero_point: the input's type, the shape of input_scale
//	         filter_scale: f32, [] or [1]; [O] if FilterAxes names the filters' output channels
//	         filter_zero_point: the filters' type, the shape of filter_scale
//	         output_scale: f32, [] or [1]
//	         output_zero_point: OutputType, the shape of output_scale
//	Outputs: out: OutputType, [N, O, spatial...] (NHWC: [N, spatial..., O])
//
//	C1: OutputType is i8, u8 or i32
//	C2: input and filters are i8 or u8
//	C3: the scales are f32
//	C4: the zero points have the types of input, filters and output
//	C5: each scale has the shape of its zero point, [] or [1] but for C6
//	C6: InputAxes and OutputAxes are empty; FilterAxes is empty, or the one axis of the
//	    filters' output channels, and filter_scale [O]
//	C7: 1 to 3 spatial dimensions; strides, dilations and padding fit them; input
//	    channels = filters' channels * Groups
//	C8: output_scale is finite and not 0
//	C9: one output sums at most 65793 products
//
// It is nGraph's op::v0::QuantizedConvolution. Scales per output channel and Groups are
// ours. The ties are those of the code that nGraph's CPU backend runs: MKL-DNN for most
// 8-bit outputs, its own reference for i32. Where that reference wraps, this op saturates.
type QuantizedConvolution struct {
	geometry.Spatial
	Groups     int       `json:"groups,omitempty"` // 0 means 1
	OutputType core.Type `json:"output_type"`
	InputAxes  []int     `json:"input_axes,omitempty"`
	FilterAxes []int     `json:"filter_axes,omitempty"`
	OutputAxes []int     `json:"output_axes,omitempty"`
}

// InputNames names the inputs.
func (op *QuantizedConvolution) InputNames() []string {
	return []string{
		"input", "filters", "input_scale", "input_zero_point",
		"filter_scale", "filter_zero_point", "output_scale", "output_zero_point",
	}
}

// Infer checks C1 to C9.
func (op *QuantizedConvolution) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := checkQuantizedProduct(in, op.OutputType); err != nil {
		return nil, err
	}
	data, filters := in[0].Shape, in[1].Shape
	out, err := convolutionShape(&op.Spatial, data, filters, op.Groups)
	if err != nil {
		return nil, labelled(err, "C7")
	}
	channels, channelAxis := core.Unknown, -1
	if filters.Ranked() {
		o, i, _ := op.Layout.FilterAxes(len(filters))
		channels, channelAxis = filters[o], o
		if err := tapsBound(windowOf(&op.Spatial, filters), filters[i]); err != nil {
			return nil, labelled(err, "C9")
		}
	}
	if len(op.InputAxes) > 0 || len(op.OutputAxes) > 0 {
		return nil, core.Violation("C6", -1, "got input axes %v and output axes %v, want none", op.InputAxes, op.OutputAxes)
	}
	if err := checkProductScales(in, op.FilterAxes, channelAxis, channels); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: op.OutputType, Shape: out}}, nil
}

// labelled gives an OpError of a shared check the label of this op.
func labelled(err error, constraint string) error {
	if e, ok := err.(*core.OpError); ok {
		e.Constraint = constraint
	}
	return err
}

// checkQuantizedProduct checks C1 to C4 of QuantizedConvolution and QuantizedDot.
func checkQuantizedProduct(in []core.Operand, output core.Type) error {
	if err := core.WantInputs(in, 8); err != nil {
		return err
	}
	if !infer.IsQuantized(output) {
		return core.Violation("C1", -1, "output type: got %v, want i8, u8 or i32", output)
	}
	for i := range 2 {
		if t := in[i].Type; t != core.I8 && t != core.U8 && t != core.Dynamic {
			return core.Violation("C2", i, "got type %v, want i8 or u8", t)
		}
	}
	for i, want := range []core.Type{in[0].Type, in[1].Type, output} {
		if t := in[2+2*i].Type; !t.Compatible(core.F32) {
			return core.Violation("C3", 2+2*i, "got type %v, want f32", t)
		}
		if t := in[3+2*i].Type; !t.Compatible(want) {
			return core.Violation("C4", 3+2*i, "got type %v, want %v", t, want)
		}
	}
	return nil
}

// checkProductScales checks C5, C6 for the second factor, and C8. The channels of that factor, whose number may
// be Unknown, are at ChannelAxis (-1: not known).
func checkProductScales(in []core.Operand, axes []int, channelAxis, channels int) error {
	perChannel := len(axes) > 0
	if perChannel && (len(axes) > 1 || channelAxis >= 0 && axes[0] != channelAxis) {
		return core.Violation("C6", -1, "got axes %v of input 1, want none or the axis of its output channels, [%d]",
			axes, channelAxis)
	}
	for i := 2; i < 8; i += 2 {
		scale, zero := in[i].Shape, in[i+1].Shape
		if !scale.Compatible(zero) {
			return core.Violation("C5", i+1, "got shape %v, want the scale's %v", zero, scale)
		}
		for j, s := range []core.Shape{scale, zero} {
			switch {
			case i == 4 && perChannel:
				if !s.Compatible(core.Shape{channels}) {
					return core.Violation("C6", i+j, "got shape %v, want %v: one element per output channel", s, core.Shape{channels})
				}
			case !s.Compatible(core.Shape{}) && !s.Compatible(core.Shape{1}):
				return core.Violation("C5", i+j, "got shape %v, want [] or [1]", s)
			}
		}
	}
	if in[6].Const != nil {
		return checkOutputScale(in[6].Const)
	}
	return nil
}

func checkOutputScale(t *core.Tensor) error {
	if err := infer.CheckScales(t, "C8"); err != nil {
		e := err.(*core.OpError)
		e.Input = 6
		return e
	}
	return nil
}

// ties returns the rounding of the output.
func (op *QuantizedConvolution) ties() numeric.RoundMode {
	if op.OutputType == core.I32 {
		return numeric.RoundNearestTowardInfinity
	}
	return numeric.RoundNearestTowardEven
}

// requantizer returns the last step of QuantizedConvolution and QuantizedDot.
func requantizer(in []*core.Tensor, out *core.Tensor, ties numeric.RoundMode) (func(o, channel int, acc int32), error) {
	if err := checkOutputScale(in[6]); err != nil {
		return nil, err
	}
	inScale, outScale := core.Data[float32](in[2])[0], core.Data[float32](in[6])[0]
	scales := slices.Clone(core.Data[float32](in[4]))
	for i, s := range scales {
		scales[i] = float32(inScale*s) / outScale
	}
	zero := float64(in[7].Int64s()[0])
	lo, hi := out.Type().Bounds()
	set := elements.IntSetter(out)
	return func(o, channel int, acc int32) {
		f := float32(float32(acc) * scales[channel%len(scales)])
		set(o, numeric.Saturate(ties.Round(float64(f))+zero, lo, hi))
	}, nil
}

// Eval is the plain loop.
func (op *QuantizedConvolution) Eval(in, out []*core.Tensor) error {
	c, err := newConv(&op.Spatial, in[0].Shape(), in[1].Shape(), out[0].Shape(), op.Groups)
	if err != nil {
		return err
	}
	finish, err := requantizer(in, out[0], op.ties())
	if err != nil {
		return err
	}
	data, filters := in[0].Int64s(), in[1].Int64s()
	dataZP, filtersZP := in[3].Int64s()[0], in[5].Int64s()
	c.eachOutput(out[0], func(o, channel int, taps func(func(x, w int))) {
		var acc int64
		zp := filtersZP[channel%len(filtersZP)]
		taps(func(x, w int) { acc += (data[x] - dataZP) * (filters[w] - zp) })
		finish(o, channel, int32(acc))
	})
	return nil
}

// Operations counts, for each output element, a product for each element of a filter.
func (op *QuantizedConvolution) Operations(in, out []core.Fact) int64 {
	return operations(&op.Spatial, in[1].Shape, out[0].Shape)
}

// Decompose returns an IntegerConvolution with the post-ops Mul(scale) and
// RoundSaturate, the scale computed by Multiply and Divide.
func (op *QuantizedConvolution) Decompose(in []core.Value) ([]core.Value, error) {
	posts, operands, err := decomposedProduct(in, op.OutputType, op.ties(), len(op.FilterAxes) > 0)
	if err != nil {
		return nil, err
	}
	v, err := core.Apply(&IntegerConvolution{Spatial: op.Spatial, Groups: op.Groups, PostOps: posts}, operands...)
	return []core.Value{v}, err
}

// decomposedProduct returns the post-ops and the inputs of the integer product that a
// QuantizedConvolution or QuantizedDot becomes.
func decomposedProduct(
	in []core.Value, output core.Type, ties numeric.RoundMode, perChannel bool,
) ([]postop.Step, []core.Value, error) {
	if len(in) != 8 {
		return nil, nil, core.Violation("", -1, "got %d inputs, want 8", len(in))
	}
	in = slices.Clone(in)
	for i := 2; i < len(in); i++ {
		if perChannel && (i == 4 || i == 5) {
			continue
		}
		var err error
		if in[i], err = array.ScalarOf(in[i]); err != nil {
			return nil, nil, err
		}
	}
	product, err := core.Apply(&pointwise.Multiply{}, in[2], in[4])
	if err != nil {
		return nil, nil, err
	}
	scale, err := core.Apply(&pointwise.Divide{}, product, in[6])
	if err != nil {
		return nil, nil, err
	}
	last := postop.RoundSaturateTo(output)
	last.ZeroPoint, last.Round = true, ties
	return []postop.Step{{Kind: postop.Mul}, last}, []core.Value{in[0], in[1], in[3], in[5], scale, in[7]}, nil
}
