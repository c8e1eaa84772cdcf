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
