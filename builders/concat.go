package builders

import "github.com/tf2ng/tf2ng/core"

// Concatenation holds the operands and attributes of ScaledQuantizedConcat.
type Concatenation struct {
	Args   []core.Value // of one quantized type
	Ranges []Range      // one per arg; nGraph demands shape [1], TensorFlow []
	Axis   int          // TensorFlow's may be negative

	// V1 says that TensorFlow's op is QuantizedConcat, not QuantizedConcatV2.
	V1 bool
}

// ScaledQuantizedConcat concatenates quantized tensors over the range that covers all
// of theirs (nGraph's later QuantizedConcatBuilder).
//
//	nGraph:     Dequantize and Quantize (ties to even) each arg, scales by
//	            core.ScaleSymmetric; then Concat
//	TensorFlow: core.TFQuantizedConcat
func ScaledQuantizedConcat(s Scope, c Concatenation) (Output, error) {
	e := newEmitter(s, "ScaledQuantizedConcat")
	e.fail("", "not implemented")
	return Output{}, e.err
}
