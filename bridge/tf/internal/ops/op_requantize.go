package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

const requantizeInputs = "input_min:float input_max:float requested_output_min:float requested_output_max:float "

var _ = register("requantize",
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
