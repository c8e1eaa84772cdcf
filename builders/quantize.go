package builders

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// Quantization holds the operands and attributes of ScaledQuantize.
type Quantization struct {
	Data core.Value // f32 or f64, any shape
	Range

	// The attributes in nGraph's arithmetic: the output's type i8, u8 or i32, the
	// axes that min and max keep, and the round mode.
	Type      core.Type
	Axes      []int
	RoundMode numeric.RoundMode

	// TensorFlow is TensorFlow's op with its attributes, under its arithmetic.
	TensorFlow *tensorflow.QuantizeV2
}

// ScaledQuantize quantizes reals to a range (QuantizeBuilder in later versions of nGraph).
//
//	nGraph:     Quantize(data, scale, 0), scale by quantization.ScaleBumped of the range; min and
//	            max have the data's type, and its shape projected on Axes
//	TensorFlow: the op q.TensorFlow of (data, min, max); the Output's Range is the one
//	            that it reports
func ScaledQuantize(s Scope, q Quantization) (Output, error) {
	e := newEmitter(s, "ScaledQuantize")
	e.require(input{"data", q.Data}, input{"min", q.Min}, input{"max", q.Max})
	if e.err != nil {
		return Output{}, e.err
	}
	if s.Arithmetic != NGraph {
		if q.TensorFlow == nil {
			e.fail("", "got no op, want TensorFlow's QuantizeV2")
		}
		return e.threeOutputs(q.TensorFlow, q.Data, q.Min, q.Max)
	}
	if q.Min.Type() != q.Data.Type() {
		e.fail("min", "got type %v, want the data's %v", q.Min.Type(), q.Data.Type())
	}
	scale := e.op("scale",
		&quantization.RangeToScale{Type: q.Type, Rule: quantization.ScaleBumped, Divides: true, AnyOrder: true},
		q.Min, q.Max)
	op := &quantization.Quantize{Type: q.Type, Axes: q.Axes, RoundMode: q.RoundMode}
	out := e.op("", op, q.Data, scale, e.zeros("zero_point", q.Type, q.Min.Shape()))
	return Output{Value: out}, e.err
}

// threeOutputs applies an op whose outputs are a tensor, its min and its max.
func (e *emitter) threeOutputs(op core.Op, in ...core.Value) (Output, error) {
	out := e.outs("", op, in...)
	switch {
	case e.err != nil:
		return Output{}, e.err
	case len(out) != 3:
		e.fail("", "%s has %d outputs, want a tensor, its min and its max", core.OpName(op), len(out))
		return Output{}, e.err
	}
	return Output{Value: out[0], Range: Range{out[1], out[2]}}, nil
}

// Dequantization holds the operands and attributes of ScaledDequantize.
type Dequantization struct {
	Data core.Value // i8, u8 or i32, any shape
	Range

	// The attributes in nGraph's arithmetic: the output's type, that of min and max,
	// and the axes that min and max keep.
	Type core.Type
	Axes []int

	// TensorFlow is TensorFlow's op with its attributes, under its arithmetic. Constant says
	// that it depends on no input, so that TensorFlow folds it with its plain kernel.
	TensorFlow *tensorflow.Dequantize
	Constant   bool
}

// ScaledDequantize turns quantized values of a range into reals (nGraph's later
// DequantizeBuilder).
//
//	nGraph:     Dequantize(data, scale, 0), scale by quantization.ScaleSymmetric of the range
//	TensorFlow: the op d.TensorFlow of (data, min, max); in 2.8 mode SCALED of 8 bits is
//	            nGraph's, of the first range if there are several
func ScaledDequantize(s Scope, d Dequantization) (Output, error) {
	e := newEmitter(s, "ScaledDequantize")
	e.require(input{"data", d.Data}, input{"min", d.Min}, input{"max", d.Max})
	if e.err != nil {
		return Output{}, e.err
	}
	if s.Arithmetic != NGraph {
		if d.TensorFlow == nil {
			e.fail("", "got no op, want TensorFlow's Dequantize")
			return Output{}, e.err
		}
		if s.Arithmetic == TensorFlow2_8 && d.TensorFlow.Mode == tensorflow.Scaled && d.Data.Type().Size() == 1 &&
			!d.Constant {
			return e.dequantizeOfOneDNN(d)
		}
		return Output{Value: e.op("", d.TensorFlow, d.Data, d.Min, d.Max)}, e.err
	}
	typ := e.quantizedType("data", d.Data, core.I8, core.U8, core.I32)
	scale := e.op("scale", &quantization.RangeToScale{Type: typ, AnyOrder: true}, d.Min, d.Max)
	zero := e.zeros("zero_point", typ, d.Min.Shape())
	return Output{Value: e.op("", &quantization.Dequantize{Type: d.Type, Axes: d.Axes}, d.Data, scale, zero)}, e.err
}

// dequantizeOfOneDNN is TensorFlow 2.8's Dequantize of 8 bits in mode SCALED.
func (e *emitter) dequantizeOfOneDNN(d Dequantization) (Output, error) {
	typ := e.quantizedType("data", d.Data, core.I8, core.U8)
	r := Range{e.first("min", d.Min), e.first("max", d.Max)}
	scale := e.scale("input", quantization.RangeToScale{Type: typ}, r)
	role, half := "", d.TensorFlow.OutType == core.BF16
	if half {
		role = "real"
	}
	out := e.op(role, &quantization.Dequantize{Type: core.F32}, d.Data, scale, e.zeros("zero_point", typ, core.Shape{}))
	if half {
		out = e.op("", &pointwise.Convert{Type: core.BF16}, out)
	}
	return Output{Value: out}, e.err
}

// first returns the first element of a vector, and a scalar as it is.
func (e *emitter) first(role string, v core.Value) core.Value {
	if e.err != nil || len(v.Shape()) != 1 {
		return v
	}
	return e.op(role+"_first", &indexing.Gather{}, v, e.constant("first", core.Scalar[int32](0), nil))
}
