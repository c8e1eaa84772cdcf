// Package fusedops holds nGraph's experimental quantized ops, which fuse a product of
// quantized tensors with what follows it: a bias, a summand, ReLU and the
// requantization. They compute what MKL-DNN did, to the last bit:
//
//	f = f32(acc)
//	f = f + f32(bias)
//	f = f * scale
//	f = fma(f32(sum), sum_scale, f)
//	f = max(f, 0)
//	out = sat(rne(f))
//
// Each step is in float32 and rounded separately, the fma with one rounding; rne rounds ties to even.
// Every op decomposes to linear.IntegerConvolution or linear.IntegerDot.
package fusedops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

var (
	_ = core.Register[QuantizedConvolutionBias]("QuantizedConvolutionBias")
	_ = core.Register[QuantizedConvolutionBiasAdd]("QuantizedConvolutionBiasAdd")
	_ = core.Register[QuantizedConvolutionBiasSignedAdd]("QuantizedConvolutionBiasSignedAdd")
	_ = core.Register[QuantizedConvolutionRelu]("QuantizedConvolutionRelu")
)

// QuantizedConvolutionBias is a quantized convolution with a bias.
//
//	out = sat(rne((f32(acc) + f32(bias[o])) * scale[o])), with ReLU before the rounding
//
//	Inputs:  data: i8 or u8, [N, C, spatial...] (NHWC: [N, spatial..., C])
//	         filters: i8 or u8, [O, C/Groups, spatial...] (NHWC: [spatial..., C/Groups, O])
//	         bias: i32, [O], in units of the accumulators
//	         scale: f32, [], [1] or [O]
//	Outputs: out: u8 with ReLU, else i8; [N, O, spatial...] (NHWC: [N, spatial..., O])
//
//	C1: data and filters are what linear.IntegerConvolution accepts
//	C2: bias is i32 of shape [O]
//	C3: scale is f32 of shape [], [1] or [O]
//
// It is nGraph's ngraph::op::QuantizedConvolutionBias.
type QuantizedConvolutionBias struct {
	geometry.Spatial
	Groups   int  `json:"groups,omitempty"` // 0 means 1
	WithRelu bool `json:"with_relu,omitempty"`
}

func (op *QuantizedConvolutionBias) fused() *fused {
	return &fused{
		convolution: &linear.IntegerConvolution{Spatial: op.Spatial, Groups: op.Groups},
		bias:        true, relu: op.WithRelu, output: unsignedIf(op.WithRelu),
	}
}

// InputNames names the inputs.
func (op *QuantizedConvolutionBias) InputNames() []string { return op.fused().names() }

// Infer checks C1 to C3.
func (op *QuantizedConvolutionBias) Infer(in []core.Operand) ([]core.Fact, error) {
	return op.fused().infer(in)
}

// Eval is the plain loop over the accumulators.
func (op *QuantizedConvolutionBias) Eval(in, out []*core.Tensor) error {
	return op.fused().eval(in, out[0])
}

// Decompose returns an IntegerConvolution.
func (op *QuantizedConvolutionBias) Decompose(in []core.Value) ([]core.Value, error) {
	return op.fused().decompose(in)
}

// QuantizedConvolutionBiasAdd is a quantized convolution with a bias and a summand.
//
//	out = sat(rne(fma(f32(sum), sum_scale, (f32(acc) + f32(bias[o])) * scale[o]))), with
//	ReLU before the rounding
//
//	Inputs:  data, filters, bias: those of QuantizedConvolutionBias
//	         sum: i8 or u8, the output's shape
//	         scale: f32, [], [1] or [O]
//	         sum_scale: f32, [] or [1]
//	Outputs: out: u8 with ReLU, else i8; [N, O, spatial...] (NHWC: [N, spatial..., O])
//
//	C1 to C3: those of QuantizedConvolutionBias
//	C4: sum is i8 or u8 of the output's shape
//	C5: sum_scale is f32 of shape [] or [1]
//
// It is nGraph's ngraph::op::QuantizedConvolutionBiasAdd.
type QuantizedConvolutionBiasAdd struct {
	geometry.Spatial
	Groups   int  `json:"groups,omitempty"` // 0 means 1
	WithRelu bool `json:"with_relu,omitempty"`
}

func (op *QuantizedConvolutionBiasAdd) fused() *fused {
	return &fused{
		convolution: &linear.IntegerConvolution{Spatial: op.Spatial, Groups: op.Groups},
		bias:        true, sum: []core.Type{core.I8, core.U8}, relu: op.WithRelu, output: unsignedIf(op.WithRelu),
	}
}

// InputNames names the inputs.
func (op *QuantizedConvolutionBiasAdd) InputNames() []string { return op.fused().names() }

// Infer checks C1 to C5.
func (op *QuantizedConvolutionBiasAdd) Infer(in []core.Operand) ([]core.Fact, error) {
	return op.fused().infer(in)
}

// Eval is the plain loop over the accumulators.
func (op *QuantizedConvolutionBiasAdd) Eval(in, out []*core.Tensor) error {
	return op.fused().eval(in, out[0])
}

// Decompose returns an IntegerConvolution.
func (op *QuantizedConvolutionBiasAdd) Decompose(in []core.Value) ([]core.Value, error) {
	return op.fused().decompose(in)
}

// QuantizedConvolutionBiasSignedAdd is QuantizedConvolutionBiasAdd with ReLU and an i8 summand. nGraph stores the
// result in the memory of the summand, so it is i8, too.
//
//	Inputs:  data, filters, bias, scale, sum_scale: those of QuantizedConvolutionBiasAdd
//	         sum: i8, the output's shape
//	Outputs: out: i8 in [0, 127]; [N, O, spatial...] (NHWC: [N, spatial..., O])
//
//	C1 to C5: those of QuantizedConvolutionBiasAdd, sum i8
//	C6: WithRelu is set
//
// It is nGraph's ngraph::op::QuantizedConvolutionBiasSignedAdd.
type QuantizedConvolutionBiasSignedAdd struct {
	geometry.Spatial
	Groups   int  `json:"groups,omitempty"` // 0 means 1
	WithRelu bool `json:"with_relu"`
}

func (op *QuantizedConvolutionBiasSignedAdd) fused() *fused {
	return &fused{
		convolution: &linear.IntegerConvolution{Spatial: op.Spatial, Groups: op.Groups},
		bias:        true, sum: []core.Type{core.I8}, relu: true, output: core.I8,
	}
}

// InputNames names the inputs.
func (op *QuantizedConvolutionBiasSignedAdd) InputNames() []string { return op.fused().names() }

// Infer checks C1 to C6.
func (op *QuantizedConvolutionBiasSignedAdd) Infer(in []core.Operand) ([]core.Fact, error) {
	if !op.WithRelu {
		return nil, core.Violation("C6", -1, "got no ReLU, want WithRelu")
	}
	return op.fused().infer(in)
}

// Eval is the plain loop over the accumulators.
func (op *QuantizedConvolutionBiasSignedAdd) Eval(in, out []*core.Tensor) error {
	return op.fused().eval(in, out[0])
}

// Decompose returns an IntegerConvolution.
func (op *QuantizedConvolutionBiasSignedAdd) Decompose(in []core.Value) ([]core.Value, error) {
	return op.fused().decompose(in)
}

// QuantizedConvolutionRelu is a quantized convolution with ReLU.
//
//	out = sat(rne(max(f32(acc) * scale[o], 0)))
//
//	Inputs:  data, filters: those of QuantizedConvolutionBias
//	         scale: f32, [], [1] or [O]
//	Outputs: out: u8; [N, O, spatial...] (NHWC: [N, spatial..., O])
//
//	C1, C3: those of QuantizedConvolutionBias
//
// It is nGraph's ngraph::op::QuantizedConvolutionRelu.
type QuantizedConvolutionRelu struct {
	geometry.Spatial
	Groups int `json:"groups,omitempty"` // 0 means 1
}

func (op *QuantizedConvolutionRelu) fused() *fused {
	return &fused{
		convolution: &linear.IntegerConvolution{Spatial: op.Spatial, Groups: op.Groups},
		relu:        true, output: core.U8,
	}
}

// InputNames names the inputs.
func (op *QuantizedConvolutionRelu) InputNames() []string { return op.fused().names() }

// Infer checks C1 and C3.
func (op *QuantizedConvolutionRelu) Infer(in []core.Operand) ([]core.Fact, error) {
	return op.fused().infer(in)
}

// Eval is the plain loop over the accumulators.
func (op *QuantizedConvolutionRelu) Eval(in, out []*core.Tensor) error {
	return op.fused().eval(in, out[0])
}

// Decompose returns an IntegerConvolution.
func (op *QuantizedConvolutionRelu) Decompose(in []core.Value) ([]core.Value, error) {
	return op.fused().decompose(in)
}

func unsignedIf(relu bool) core.Type {
	if relu {
		return core.U8
	}
	return core.I8
}
