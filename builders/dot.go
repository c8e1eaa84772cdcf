package builders

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// Dot holds the operands and attributes of the dot product builders. Each builder
// reads those that its document names.
type Dot struct {
	Input0 core.Value // i8 or u8, [m..., k...]
	Input1 core.Value // i8 or u8, [k..., n...]; [N, K] for nGraph's ScaledQuantizedDotBias
	Bias   core.Value // i32 or f32, [N]
	Sum    core.Value // a real summand of the output's shape: _QuantizedMatMul's Add

	Input0Range Range
	Input1Range Range // [], [1], or one element per column in TensorFlow's arithmetic
	OutputRange Range // nGraph's output range, TensorFlow's freezed range; unused for i32 and f32

	// OutputType is i8, u8, i32 or f32. In nGraph's ScaledQuantizedDotBias it follows from
	// Requantize and WithRelu: f32, u8 with ReLU, or i8.
	OutputType    core.Type
	ReductionAxes int  // nGraph's ScaledQuantizedDot; TensorFlow's is 1
	Requantize    bool // nGraph's ScaledQuantizedDotBias
	WithRelu      bool

	// TensorFlow's attributes.
	TransposeA, TransposeB bool
	Fused                  bool               // the op is _QuantizedMatMul, not QuantizedMatMul*
	InputMode              QuantMode          // input_quant_mode
	OutputMode             QuantMode          // output_quant_mode of _QuantizedMatMul
	Activation             numeric.Activation // of _QuantizedMatMul, in place of WithRelu
	Alpha                  float32            // LeakyRelu's
}

// QuantMode says how TensorFlow's matrix products interpret the range of their input.
type QuantMode uint8

// The modes, with TensorFlow's names MIN_FIRST and SCALED.
const (
	MinFirst QuantMode = iota // q = 0 stands for min
	Scaled                    // q = 0 stands for 0
)

// ScaledQuantizedDot multiplies quantized tensors (QuantizedDotBuilder in later versions of nGraph).
//
//	nGraph:     QuantizedDot with scales by quantization.ScaleSymmetric and zero points 0
//	TensorFlow: QuantizedMatMul and _QuantizedMatMul without a bias; see tensorFlowDot
func ScaledQuantizedDot(s Scope, d Dot) (Output, error) {
	return buildDot(s, "ScaledQuantizedDot", d, false)
}

// ScaledQuantizedDotBias adds a bias (QuantizedDotBiasBuilder in later versions of nGraph).
//
//	nGraph:     fusedops.QuantizedDotBias; the scale is that of input times that of the
//	            i8 weights, divided by the output's if d.Requantize
//	TensorFlow: QuantizedMatMulWithBias*, and _QuantizedMatMul with BiasAdd
func ScaledQuantizedDotBias(s Scope, d Dot) (Output, error) {
	return buildDot(s, "ScaledQuantizedDotBias", d, true)
}

func buildDot(s Scope, builder string, d Dot, bias bool) (Output, error) {
	e := newEmitter(s, builder)
	e.require(input{"input0", d.Input0}, input{"input1", d.Input1})
	e.optional("bias", d.Bias, bias)
	if e.err != nil {
		return Output{}, e.err
	}
	if s.Arithmetic == NGraph {
		return e.ngraphDot(d)
	}
	return e.tensorFlowDot(d)
}
