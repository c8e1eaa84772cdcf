package ops

import (
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

const (
	quantizedSum = "x:T1 y:T2 min_x:float max_x:float min_y:float max_y:float " +
		"-> z:Toutput=qint32 min_z:float max_z:float"
	quantizedActivations = "-> activations:out_type=quint8 min_activations:float max_activations:float"
)

var _ = register("quantized",
	op{
		name:      "QuantizedMaxPool",
		signature: "input:T min_input:float max_input:float -> output:T min_output:float max_output:float",
		translate: quantizedMaxPool(2),
	},
	op{
		name:      "_QuantizedMaxPool3D",
		signature: "input:T min_input:float max_input:float -> output:T min_output:float max_output:float",
		translate: quantizedMaxPool(3),
	},
	op{
		name:      "QuantizedAvgPool",
		signature: "input:T min_input:float max_input:float -> output:T min_output:float max_output:float",
		translate: quantizedAvgPool,
	},
	op{name: "QuantizedAdd", signature: quantizedSum, translate: sum(&tensorflow.QuantizedAdd{})},
	op{name: "QuantizedMul", signature: quantizedSum, translate: sum(&tensorflow.QuantizedMul{})},
	op{
		name: "QuantizedBiasAdd",
		signature: "input:T1 bias:T2 min_input:float max_input:float min_bias:float max_bias:float " +
			"-> output:out_type min_out:float max_out:float",
		translate: sum(&tensorflow.QuantizedBiasAdd{}),
	},
	op{
		name:      "QuantizedRelu",
		signature: "features:Tinput min_features:float max_features:float " + quantizedActivations,
		translate: quantizedRelu,
	},
	op{
		name:      "QuantizedRelu6",
		signature: "features:Tinput min_features:float max_features:float " + quantizedActivations,
		translate: quantizedRelu6,
	},
	op{
		name:      "QuantizedReluX",
		signature: "features:Tinput max_value:float min_features:float max_features:float " + quantizedActivations,
		translate: quantizedReluX,
	},
	op{
		name: "QuantizedConcatV2",
		signature: "values:N*T axis:Tidx=int32 input_mins:N*float input_maxes:N*float " +
			"-> output:T output_min:float output_max:float",
		translate: quantizedConcatV2,
	},
	op{
		name: "QuantizedConcat",
		signature: "concat_dim:int32 values:N*T input_mins:N*float input_maxes:N*float " +
			"-> output:T output_min:float output_max:float",
		translate: quantizedConcat,
	},
	op{
		name: "QuantizedReshape",
		signature: "tensor:T shape:Tshape=int32 input_min:float input_max:float " +
			"-> output:T output_min:float output_max:float",
		translate: quantizedReshape,
	},
	op{
		name: "QuantizedResizeBilinear",
		signature: "images:T size:int32 min:float max:float " +
			"-> resized_images:T out_min:float out_max:float",
		translate: quantizedResizeBilinear,
	},
	op{
		name:      "QuantizedInstanceNorm",
		signature: "x:T x_min:float x_max:float -> y:T y_min:float y_max:float", translate: quantizedInstanceNorm,
	},
	op{
		name: "QuantizedBatchNormWithGlobalNormalization",
		signature: "t:Tinput t_min:float t_max:float m:Tinput m_min:float m_max:float " +
			"v:Tinput v_min:float v_max:float beta:Tinput beta_min:float beta_max:float " +
			"gamma:Tinput gamma_min:float gamma_max:float " +
			"-> result:out_type result_min:float result_max:float",
		translate: quantizedBatchNorm,
	},
)

// quantizedMaxPool needs no scale: the largest value has the largest code. Its range is the
// input's. Channels are last: TensorFlow's kernel checks data_format but does not follow it.
func quantizedMaxPool(n int) func(*call) []core.Value {
	return func(c *call) []core.Value {
		if n == 3 {
			c.layout(n)
		}
		r := c.span("min_input", "max_input")
		s, window := c.window(n, geometry.NHWC, "")
		return c.ranging(c.emit(&pooling.MaxPool{Spatial: s, Window: window}, c.in[0]), r)
	}
}

// quantizedAvgPool rounds the mean to an integer; its range is the input's.
func quantizedAvgPool(c *call) []core.Value {
	r := c.span("min_input", "max_input")
	s, window := c.window(2, geometry.NHWC, "")
	return c.ranging(c.emit(&tensorflow.QuantizedAvgPool{Spatial: s, Window: window}, c.in[0]), r)
}

// sum translates the quantized sums and products, whose ranges follow x and y.
func sum(op core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		x, y := c.ranged(2, 3, perTensor), c.ranged(4, 5, perTensor)
		return c.emit(op, c.in[0], c.in[1], x.Min, x.Max, y.Min, y.Max)
	}
}

func quantizedRelu(c *call) []core.Value {
	r := c.span("min_features", "max_features")
	return c.ranging(c.emit(&tensorflow.QuantizedRelu{}, c.in[0], r.Min, r.Max), r)
}

func quantizedRelu6(c *call) []core.Value {
	r := c.span("min_features", "max_features")
	limit := c.literal("limit", core.Scalar[float32](6), nil)
	return c.ranging(c.emit(&tensorflow.QuantizedRelu{}, c.in[0], r.Min, r.Max, limit), r)
}

func quantizedReluX(c *call) []core.Value {
	r := c.span("min_features", "max_features")
	if s := c.in[1].Shape(); !s.Compatible(core.Shape{}) && !s.Compatible(core.Shape{1}) {
		c.failInput(1, "got shape %v, want [] or [1]", s)
	}
	return c.ranging(c.emit(&tensorflow.QuantizedRelu{}, c.in[0], r.Min, r.Max, c.scalar(1)), r)
}

// ranging adds a range to the node's first output.
func (c *call) ranging(out []core.Value, r builders.Range) []core.Value {
	if c.err != nil {
		return nil
	}
	return append(out[:1:1], r.Min, r.Max)
}

func quantizedConcat(c *call) []core.Value {
	axis := c.integer(0)
	if axis < 0 {
		c.failInput(0, "got axis %d, want one from the front", axis)
	}
	return c.quantizedConcat(builders.Concatenation{Axis: axis, V1: true})
}

func quantizedConcatV2(c *call) []core.Value {
	return c.quantizedConcat(builders.Concatenation{Axis: c.integer(c.index("axis"))})
}

// quantizedConcat concatenates the values, each with its range.
func (c *call) quantizedConcat(v builders.Concatenation) []core.Value {
	v.Args = c.list("values")
	mins, maxs := c.index("input_mins"), c.index("input_maxes")
	for i := range v.Args {
		v.Ranges = append(v.Ranges, c.ranged(mins+i, maxs+i, perTensor))
	}
	if c.err != nil {
		return nil
	}
	return c.built(builders.ScaledQuantizedConcat(c.scope(), v))
}

func quantizedReshape(c *call) []core.Value {
	r := c.span("input_min", "input_max")
	return c.ranging(c.emit(&array.Reshape{}, c.in[0], c.in[1]), r)
}

func quantizedResizeBilinear(c *call) []core.Value {
	r := c.span("min", "max")
	op := &tensorflow.QuantizedResizeBilinear{
		AlignCorners: c.boolOr("align_corners", false), HalfPixelCenters: c.boolOr("half_pixel_centers", false),
	}
	return c.ranging(c.emit(op, c.in[0], c.in[1], r.Min, r.Max), r)
}

func quantizedInstanceNorm(c *call) []core.Value {
	r := c.span("x_min", "x_max")
	return c.emit(&tensorflow.QuantizedInstanceNorm{
		OutputRangeGiven: c.boolOr("output_range_given", false),
		GivenYMin:        c.floatOr("given_y_min", 0),
		GivenYMax:        c.floatOr("given_y_max", 0),
		VarianceEpsilon:  c.floatOr("variance_epsilon", 1e-5),
		MinSeparation:    c.floatOr("min_separation", 1e-3),
	}, c.in[0], r.Min, r.Max)
}

func quantizedBatchNorm(c *call) []core.Value {
	var in []core.Value
	for i := 0; i < len(c.in); i += 3 {
		r := c.ranged(i+1, i+2, perTensor)
		in = append(in, c.in[i], r.Min, r.Max)
	}
	epsilon, err := c.node.Float("variance_epsilon")
	c.keep(err)
	scale, err := c.node.Bool("scale_after_normalization")
	c.keep(err)
	return c.emit(&tensorflow.QuantizedBatchNorm{Epsilon: epsilon, ScaleAfterNormalization: scale}, in...)
}
