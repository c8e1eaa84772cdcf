package tf

import (
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

var _ = register(
	op{
		name:      "QuantizedMaxPool",
		signature: "input:T min_input:float max_input:float -> output:T min_output:float max_output:float", translate: quantizedMaxPool(2),
	},
	op{
		name:      "_QuantizedMaxPool3D",
		signature: "input:T min_input:float max_input:float -> output:T min_output:float max_output:float", translate: quantizedMaxPool(3),
	},
	op{
		name:      "QuantizedConcatV2",
		signature: "values:N*T axis:Tidx=int32 input_mins:N*float input_maxes:N*float -> output:T output_min:float output_max:float",
		translate: quantizedConcat(false),
	},
	op{
		name:      "QuantizedConcat",
		signature: "concat_dim:int32 values:N*T input_mins:N*float input_maxes:N*float -> output:T output_min:float output_max:float",
		translate: quantizedConcat(true),
	},
	op{
		name:      "QuantizedReshape",
		signature: "tensor:T shape:Tshape=int32 input_min:float input_max:float -> output:T output_min:float output_max:float",
		translate: quantizedReshape,
	},
)

// quantizedMaxPool needs no scale: the largest value has the largest code. Its range is
// the input's.
func quantizedMaxPool(n int) func(*call) []core.Value {
	return func(c *call) []core.Value {
		r := c.span("min_input", "max_input")
		s, window := c.window(n, core.NHWC, "")
		return c.ranging(c.emit(&core.MaxPool{Spatial: s, Window: window}, c.in[0]), r)
	}
}

// ranging adds a range to the node's first output.
func (c *call) ranging(out []core.Value, r builders.Range) []core.Value {
	if c.err != nil {
		return nil
	}
	return append(out[:1:1], r.Min, r.Max)
}

func quantizedConcat(v1 bool) func(*call) []core.Value {
	return func(c *call) []core.Value {
		axis := 0
		if v1 {
			axis = c.integer(0)
		} else {
			axis = c.integer(c.index("axis"))
		}
		v := builders.Concatenation{Args: c.list("values"), Axis: axis, V1: v1}
		mins, maxs := c.index("input_mins"), c.index("input_maxes")
		for i := range v.Args {
			v.Ranges = append(v.Ranges, c.ranged(mins+i, maxs+i, false))
		}
		if c.err != nil {
			return nil
		}
		return c.built(builders.ScaledQuantizedConcat(c.scope(), v))
	}
}

func quantizedReshape(c *call) []core.Value {
	r := c.span("input_min", "input_max")
	return c.ranging(c.emit(&core.Reshape{}, c.in[0], c.in[1]), r)
}
