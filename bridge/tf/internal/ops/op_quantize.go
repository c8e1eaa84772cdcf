package ops

import (
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

const requantizeInputs = "input_min:float input_max:float requested_output_min:float requested_output_max:float "

var _ = register("quantize",
	op{
		name:      "QuantizeV2",
		signature: "input:float min_range:float max_range:float -> output:T output_min:float output_max:float",
		translate: quantizeV2,
	},
	op{
		name:      "Dequantize",
		signature: "input:T min_range:float max_range:float -> output:dtype=float",
		translate: dequantize,
	},
	op{
		name:      "Requantize",
		signature: "input:Tinput " + requantizeInputs + "-> output:out_type output_min:float output_max:float",
		translate: requantize,
	},
	op{
		name:      "RequantizePerChannel",
		signature: "input:T=qint32 " + requantizeInputs + "-> output:out_type=quint8 output_min:float output_max:float",
		translate: requantizePerChannel,
	},
	op{
		name:      "RequantizationRange",
		signature: "input:Tinput input_min:float input_max:float -> output_min:float output_max:float",
		translate: requantizationRange,
	},
	op{
		name:      "RequantizationRangePerChannel",
		signature: "input:T=qint32 input_min:float input_max:float -> output_min:float output_max:float",
		translate: requantizationRangePerChannel,
	},
	op{
		name:      "QuantizeDownAndShrinkRange",
		signature: "input:Tinput input_min:float input_max:float -> output:out_type output_min:float output_max:float",
		translate: shrinkRange,
	},
)

// quantizeMode reads the attribute mode.
func (c *call) quantizeMode() tensorflow.QuantizeMode {
	return choice(c, "mode", []string{"MIN_COMBINED", "MIN_FIRST", "SCALED"},
		[]tensorflow.QuantizeMode{tensorflow.MinCombined, tensorflow.MinFirst, tensorflow.Scaled})
}

// axis reads the attribute axis of a per-channel range; -1 means that there is none.
func (c *call) axis() int {
	axis := c.intOr("axis", -1)
	if c.err == nil && (axis < -1 || axis > maxAxis) {
		c.failAttr("axis", "got %d, want -1 or an axis of the input", axis)
	}
	return int(axis)
}

// maxAxis is the last axis of a tensor in TensorFlow.
const maxAxis = 253

func quantizeV2(c *call) []core.Value {
	op := &tensorflow.QuantizeV2{
		Type: c.typ("T", core.Dynamic),
		Mode: c.quantizeMode(),
		RoundMode: choice(c, "round_mode", []string{"HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"},
			[]numeric.RoundMode{numeric.RoundNearestTowardInfinity, numeric.RoundNearestTowardEven}),
		NarrowRange:        c.boolOr("narrow_range", false),
		Axis:               c.axis(),
		EnsureMinimumRange: c.floatOr("ensure_minimum_range", 0.01),
		Factor127:          c.arithmetic == builders.TensorFlow2_8,
		Plain:              c.constantInputs, // TensorFlow folds constants before it selects oneDNN's kernels
	}
	r := c.sliced("min_range", "max_range", op.Axis)
	if c.err != nil {
		return nil
	}
	return c.built(builders.ScaledQuantize(c.scope(), builders.Quantization{Data: c.in[0], Range: r, TensorFlow: op}))
}

// sliced returns a range that has one element per slice along an axis, if there is one.
func (c *call) sliced(min, max string, axis int) builders.Range {
	return c.ranged(c.index(min), c.index(max), granularity(axis >= 0))
}

func dequantize(c *call) []core.Value {
	op := &tensorflow.Dequantize{
		Mode:        c.quantizeMode(),
		Axis:        c.axis(),
		NarrowRange: c.boolOr("narrow_range", false),
		OutType:     c.typ("dtype", core.F32),
	}
	narrow := c.in[0].Type().Size() == 1
	if op.OutType == core.BF16 && (op.Mode == tensorflow.MinFirst || op.Mode == tensorflow.Scaled && !narrow) {
		c.failAttr("mode", "got %q with dtype bfloat16 and input %v, want MIN_COMBINED, or SCALED for 8 bits",
			c.strOr("mode", ""), c.in[0].Type())
	}
	r := c.sliced("min_range", "max_range", op.Axis)
	if c.err != nil {
		return nil
	}
	return c.built(builders.ScaledDequantize(c.scope(), builders.Dequantization{
		Data:       c.in[0],
		Range:      r,
		TensorFlow: op,
		Constant:   c.constantInputs,
	}))
}

func requantize(c *call) []core.Value {
	from, to := c.span("input_min", "input_max"), c.span("requested_output_min", "requested_output_max")
	return c.emit(&tensorflow.Requantize{Type: c.outputType()}, c.in[0], from.Min, from.Max, to.Min, to.Max)
}

func requantizePerChannel(c *call) []core.Value {
	from, to := c.spans("input_min", "input_max"), c.span("requested_output_min", "requested_output_max")
	c.wantRank(0, 4, "batch, height, width, channels")
	return c.emit(&tensorflow.RequantizePerChannel{Type: c.outputType()}, c.in[0], from.Min, from.Max, to.Min, to.Max)
}

func requantizationRange(c *call) []core.Value {
	r := c.span("input_min", "input_max")
	return c.emit(&tensorflow.RequantizationRange{}, c.in[0], r.Min, r.Max)
}

func requantizationRangePerChannel(c *call) []core.Value {
	r := c.spans("input_min", "input_max")
	clip, err := c.node.Float("clip_value_max")
	c.keep(err)
	return c.emit(&tensorflow.RequantizationRangePerChannel{ClipValueMax: clip}, c.in[0], r.Min, r.Max)
}

func shrinkRange(c *call) []core.Value {
	r := c.span("input_min", "input_max")
	return c.emit(&tensorflow.QuantizeDownAndShrinkRange{}, c.in[0], r.Min, r.Max)
}

const (
	fakeQuantSignature  = "inputs:float min:float max:float -> outputs:float"
	dequantizeSignature = "input:T input_min:T input_max:T -> output:T"
)

var _ = register("quantize",
	op{name: "FakeQuantWithMinMaxArgs", signature: "inputs:float -> outputs:float", translate: fakeQuantArgs},
	op{name: "FakeQuantWithMinMaxVars", signature: fakeQuantSignature, translate: fakeQuant(perTensor)},
	op{name: "FakeQuantWithMinMaxVarsPerChannel", signature: fakeQuantSignature, translate: fakeQuant(perChannel)},
	op{name: "QuantizeAndDequantize", signature: "input:T -> output:T", translate: quantizeAndDequantizeV1},
	op{name: "QuantizeAndDequantizeV2", signature: dequantizeSignature, translate: quantizeAndDequantize},
	op{
		name:      "QuantizeAndDequantizeV3",
		signature: "input:T input_min:T input_max:T num_bits:int32 -> output:T", translate: quantizeAndDequantizeV3,
	},
	op{name: "QuantizeAndDequantizeV4", signature: dequantizeSignature, translate: quantizeAndDequantize},
)

// small limits the number in an attribute to one that fits int.
func small(v int64) int { return int(max(min(v, 1<<30), -1<<30)) }

func (c *call) fakeQuant(g granularity) *tensorflow.FakeQuant {
	return &tensorflow.FakeQuant{
		NumBits:     small(c.intOr("num_bits", 8)),
		NarrowRange: c.boolOr("narrow_range", false),
		PerChannel:  g == perChannel,
	}
}

func fakeQuantArgs(c *call) []core.Value {
	lo, hi := c.floatOr("min", -6), c.floatOr("max", 6)
	if c.err == nil && !(lo < hi) {
		c.failAttr("min", "got %v with max %v, want min < max", lo, hi)
	}
	min := c.literal("min", core.Scalar(lo), nil)
	max := c.literal("max", core.Scalar(hi), nil)
	return c.emit(c.fakeQuant(perTensor), c.in[0], min, max)
}

func fakeQuant(g granularity) func(*call) []core.Value {
	return func(c *call) []core.Value {
		r := c.ranged(1, 2, g)
		op := c.fakeQuant(g)
		op.Divides = g == perTensor
		return c.emit(op, c.in[0], r.Min, r.Max)
	}
}

func quantizeAndDequantize(c *call) []core.Value {
	op := c.quantizedAndBack(small(c.intOr("num_bits", 8)), c.boolOr("range_given", false))
	if op.RangeGiven && op.Axis >= 0 {
		c.failAttr("axis", "got %d beside range_given, want -1: TensorFlow takes one given range only", op.Axis)
	}
	return c.emitRanged(op)
}

// quantizeAndDequantizeV3 has the number of bits as an input.
func quantizeAndDequantizeV3(c *call) []core.Value {
	if c.value("num_bits").Folded() != nil {
		return c.emitRanged(c.quantizedAndBack(c.integer(3), c.boolOr("range_given", true)))
	}
	return c.emitRanged(c.quantizedAndBack(0, c.boolOr("range_given", true)), c.value("num_bits"))
}

// quantizedAndBack returns the op with the attributes that all versions have in common.
func (c *call) quantizedAndBack(bits int, rangeGiven bool) *tensorflow.QuantizeAndDequantize {
	return &tensorflow.QuantizeAndDequantize{
		SignedInput: c.boolOr("signed_input", true),
		NumBits:     bits,
		RangeGiven:  rangeGiven,
		RoundMode: choice(c, "round_mode", []string{"HALF_TO_EVEN", "HALF_UP"},
			[]numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundNearestUpward}),
		NarrowRange: c.boolOr("narrow_range", false),
		Axis:        c.axis(),
	}
}

// emitRanged emits an op on the data, its range and, if there is one, the number of bits.
func (c *call) emitRanged(op *tensorflow.QuantizeAndDequantize, bits ...core.Value) []core.Value {
	r := c.ranged(1, 2, granularity(op.Axis >= 0))
	return c.emit(op, append([]core.Value{c.in[0], r.Min, r.Max}, bits...)...)
}

// quantizeAndDequantizeV1 has the range as attributes.
func quantizeAndDequantizeV1(c *call) []core.Value {
	op := &tensorflow.QuantizeAndDequantize{
		SignedInput: c.boolOr("signed_input", true),
		NumBits:     small(c.intOr("num_bits", 8)),
		RangeGiven:  c.boolOr("range_given", false),
		RoundMode:   numeric.RoundNearestTowardEven,
		Axis:        -1,
	}
	mn, mx := core.Scalar(c.floatOr("input_min", 0)), core.Scalar(c.floatOr("input_max", 0))
	if c.typ("T", core.Dynamic) == core.F64 {
		mn, mx = core.Scalar(mn.Float64s()[0]), core.Scalar(mx.Float64s()[0])
	}
	return c.emit(op, c.in[0], c.literal("input_min", mn, nil), c.literal("input_max", mx, nil))
}
