package builders

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// Concatenation holds the operands and attributes of ScaledQuantizedConcat.
type Concatenation struct {
	Args   []core.Value // of one quantized type
	Ranges []Range      // one per arg; nGraph demands shape [1], TensorFlow []
	Axis   int          // TensorFlow's may be negative

	// V1 says that TensorFlow's op is QuantizedConcat, not QuantizedConcatV2.
	V1 bool
}

// ScaledQuantizedConcat concatenates quantized tensors over the range that covers all
// of theirs (QuantizedConcatBuilder in later versions of nGraph).
//
//	nGraph:     Dequantize and Quantize (ties to even) each arg, scales by
//	            quantization.ScaleSymmetric; then Concat
//	TensorFlow: tensorflow.QuantizedConcat
func ScaledQuantizedConcat(s Scope, c Concatenation) (Output, error) {
	e := newEmitter(s, "ScaledQuantizedConcat")
	if len(c.Args) == 0 || len(c.Args) != len(c.Ranges) {
		e.fail("args", "got %d with %d ranges, want at least one and as many ranges", len(c.Args), len(c.Ranges))
		return Output{}, e.err
	}
	in := slices.Clone(c.Args)
	for _, r := range c.Ranges {
		in = append(in, r.Min)
	}
	for _, r := range c.Ranges {
		in = append(in, r.Max)
	}
	for i, v := range in {
		n := len(c.Args)
		e.require(input{fmt.Sprintf("%s%d", []string{"arg", "min", "max"}[i/n], i%n), v})
	}
	if e.err != nil {
		return Output{}, e.err
	}
	if s.Arithmetic != NGraph {
		return e.threeOutputs(&tensorflow.QuantizedConcat{Axis: c.Axis, V1: c.V1}, in...)
	}
	return e.ngraphConcat(c)
}

func (e *emitter) ngraphConcat(c Concatenation) (Output, error) {
	typ := e.quantizedType("arg0", c.Args[0], core.I8, core.U8, core.I32)
	mn, mx := e.extreme("min", &pointwise.Minimum{}, c), e.extreme("max", &pointwise.Maximum{}, c)
	if e.err != nil {
		return Output{}, e.err
	}
	scale := e.scale("output", quantization.RangeToScale{Type: typ, Divides: true}, Range{mn, mx})
	args := make([]core.Value, len(c.Args))
	for i, v := range c.Args {
		role := fmt.Sprintf("arg%d", i)
		argType := e.quantizedType(role, v, core.I8, core.U8, core.I32)
		from := e.scale(role, quantization.RangeToScale{Type: argType}, c.Ranges[i])
		x := e.op(role+"_real", &quantization.Dequantize{Type: core.F32}, v, from,
			e.zeros(role+"_zero_point", argType, core.Shape{}))
		op := &quantization.Quantize{Type: typ, RoundMode: numeric.RoundNearestTowardEven}
		args[i] = e.op(role, op, x, scale, e.zeros("zero_point", typ, core.Shape{}))
	}
	return Output{Value: e.op("", &array.Concat{Axis: c.Axis}, args...)}, e.err
}

// extreme returns the least of the mins or the greatest of the maxs, which have shape [1].
func (e *emitter) extreme(what string, op core.Op, c Concatenation) core.Value {
	var m core.Value
	for i, r := range c.Ranges {
		v := r.Min
		if what == "max" {
			v = r.Max
		}
		if !v.Shape().Compatible(core.Shape{1}) {
			e.fail(fmt.Sprintf("%s%d", what, i), "got shape %v, want [1]", v.Shape())
		}
		if i == 0 {
			m = v
			continue
		}
		m = e.op("output_"+what, op, m, v)
	}
	return m
}
