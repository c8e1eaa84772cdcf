package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[QuantizedDot]("QuantizedDot")

// QuantizedDot multiplies quantized tensors over the last ReductionAxes axes of the
// first and the first of the second, and quantizes the result.
//
//	acc[m..., n...] = sum over k... of (input0[m..., k...] - input0_zp) * (input1[k..., n...] - input1_zp[n])
//	out             = clamp(ROUND(f32(acc) * (input0_scale * input1_scale[n] / output_scale)) + output_zp, OutputType)
//
// The sum is exact, the products and quotients of scales are rounded to f32 one by
// one. ROUND is to nearest, ties away from zero, as nGraph's reference rounds.
//
//	Inputs:  input0: i8 or u8, [m..., k...]
//	         input1: i8 or u8, [k..., n...]
//	         input0_scale: f32, [] or [1]
//	         input0_zero_point: input0's type, the shape of input0_scale
//	         input1_scale: f32, [] or [1]; [N] if Input1Axes names the last axis of input1
//	         input1_zero_point: input1's type, the shape of input1_scale
//	         output_scale: f32, [] or [1]
//	         output_zero_point: OutputType, the shape of output_scale
//	Outputs: out: OutputType, [m..., n...]
//
//	C1: OutputType is i8, u8 or i32
//	C2: input0 and input1 are i8 or u8
//	C3: the scales are f32
//	C4: the zero points have the types of input0, input1 and output
//	C5: each scale has the shape of its zero point, [] or [1] but for C6
//	C6: Input0Axes and OutputAxes are empty; Input1Axes is empty, or the last axis of
//	    input1, which is not reduced, and input1_scale [N]
//	C7: the reduction axes exist in both inputs and have equal sizes
//	C8: output_scale is finite and not 0
//	C9: one output sums at most 65793 products
//
// It is nGraph's op::v0::QuantizedDot, whose backends reduce one axis only. Scales per
// column are ours.
type QuantizedDot struct {
	ReductionAxes int       `json:"reduction_axes_count"`
	OutputType    core.Type `json:"output_type"`
	Input0Axes    []int     `json:"input0_axes,omitempty"`
	Input1Axes    []int     `json:"input1_axes,omitempty"`
	OutputAxes    []int     `json:"output_axes,omitempty"`
}

// InputNames names the inputs.
func (op *QuantizedDot) InputNames() []string {
	return []string{
		"input0", "input1", "input0_scale", "input0_zero_point",
		"input1_scale", "input1_zero_point", "output_scale", "output_zero_point",
	}
}

// Infer checks C1 to C9.
func (op *QuantizedDot) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := checkQuantizedProduct(in, op.OutputType); err != nil {
		return nil, err
	}
	a, b := in[0].Shape, in[1].Shape
	out, err := dotShape(a, b, op.ReductionAxes)
	if err != nil {
		return nil, labelled(err, "C7")
	}
	if len(op.Input0Axes) > 0 || len(op.OutputAxes) > 0 {
		return nil, core.Violation("C6", -1, "got input0 axes %v and output axes %v, want none", op.Input0Axes, op.OutputAxes)
	}
	channels, channelAxis := core.Unknown, -1
	if b.Ranked() {
		if err := tapsBound(b[:op.ReductionAxes], 1); err != nil {
			return nil, labelled(err, "C9")
		}
		if channelAxis = len(b) - 1; channelAxis >= op.ReductionAxes {
			channels = b[channelAxis]
		} else if len(op.Input1Axes) > 0 {
			return nil, core.Violation("C6", -1,
				"got input1 axes %v, want none: all axes of input1 %v are reduced", op.Input1Axes, b)
		}
	}
	if err := checkProductScales(in, op.Input1Axes, channelAxis, channels); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: op.OutputType, Shape: out}}, nil
}

// Eval is the plain loop.
func (op *QuantizedDot) Eval(in, out []*core.Tensor) error {
	finish, err := requantizer(in, out[0], numeric.RoundNearestTowardInfinity)
	if err != nil {
		return err
	}
	a, b := in[0].Int64s(), in[1].Int64s()
	aZP, bZP := in[3].Int64s()[0], in[5].Int64s()
	m, k, n := dotSizes(in[0].Shape(), in[1].Shape(), op.ReductionAxes)
	for i := range m {
		for j := range n {
			var acc int64
			zp := bZP[j%len(bZP)]
			if out[0].Abandoned() {
				return nil
			}
			for l := range k {
				acc += (a[i*k+l] - aZP) * (b[l*n+j] - zp)
			}
			finish(i*n+j, j, int32(acc))
		}
	}
	return nil
}

// Operations counts, for each output element, the products that are summed.
func (op *QuantizedDot) Operations(in, out []core.Fact) int64 {
	return 2 * int64(out[0].Shape.MustElements()) * int64(core.Shape(in[1].Shape[:op.ReductionAxes]).MustElements())
}

// Decompose returns an IntegerDot with the post-ops Mul(scale) and RoundSaturate, the
// scale computed by Multiply and Divide.
func (op *QuantizedDot) Decompose(in []core.Value) ([]core.Value, error) {
	posts, operands, err := decomposedProduct(in, op.OutputType, numeric.RoundNearestTowardInfinity,
		len(op.Input1Axes) > 0)
	if err != nil {
		return nil, err
	}
	v, err := core.Apply(&IntegerDot{ReductionAxes: op.ReductionAxes, PostOps: posts}, operands...)
	return []core.Value{v}, err
}
