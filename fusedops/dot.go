package fusedops

import "github.com/tf2ng/tf2ng/core"

var _ = core.Register[QuantizedDotBias]("QuantizedDotBias")

// QuantizedDotBias is a quantized matrix product with a bias.
//
//	f   = (f32(sum over k of data[m,k] * filters[n,k]) + f32(bias[n])) * scale[n], with ReLU
//	out = sat(rne(f)) with Requantize, else f
//
//	Inputs:  data: i8 or u8, [M, K]
//	         filters: i8 or u8, [N, K]
//	         bias: i32, [N], in units of the accumulators
//	         scale: f32, [], [1] or [N]
//	Outputs: out: with Requantize u8 with ReLU, else i8; without f32; [M, N]
//
//	C1: data and filters are matrices of i8 or u8 with equal K
//	C2: bias is i32 of shape [N]
//	C3: scale is f32 of shape [], [1] or [N]
//
// It is nGraph's ngraph::op::QuantizedDotBias.
type QuantizedDotBias struct {
	Requantize bool `json:"requantize"`
	WithRelu   bool `json:"with_relu,omitempty"`
}

func (op *QuantizedDotBias) fused() *fused {
	f := &fused{bias: true, relu: op.WithRelu, output: core.F32}
	if op.Requantize {
		f.output = unsignedIf(op.WithRelu)
	}
	return f
}

// InputNames names the inputs.
func (op *QuantizedDotBias) InputNames() []string { return op.fused().names() }

// Infer checks C1 to C3.
func (op *QuantizedDotBias) Infer(in []core.Operand) ([]core.Fact, error) {
	return op.fused().infer(in)
}

// Eval is the plain loop over the accumulators.
func (op *QuantizedDotBias) Eval(in, out []*core.Tensor) error {
	return op.fused().eval(in, out[0])
}

// Decompose returns an IntegerDot of data and the transposed filters.
func (op *QuantizedDotBias) Decompose(in []core.Value) ([]core.Value, error) {
	return op.fused().decompose(in)
}
