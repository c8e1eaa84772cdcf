package tf

import "github.com/tf2ng/tf2ng/core"

var _ = register(
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
		signature: "t:Tinput t_min:float t_max:float m:Tinput m_min:float m_max:float v:Tinput v_min:float v_max:float " +
			"beta:Tinput beta_min:float beta_max:float gamma:Tinput gamma_min:float gamma_max:float " +
			"-> result:out_type result_min:float result_max:float",
		translate: quantizedBatchNorm,
	},
)

func quantizedResizeBilinear(c *call) []core.Value {
	r := c.span("min", "max")
	op := &core.TFQuantizedResizeBilinear{
		AlignCorners: c.boolOr("align_corners", false), HalfPixelCenters: c.boolOr("half_pixel_centers", false),
	}
	return c.ranging(c.emit(op, c.in[0], c.in[1], r.Min, r.Max), r)
}

func quantizedInstanceNorm(c *call) []core.Value {
	r := c.span("x_min", "x_max")
	return c.emit(&core.TFQuantizedInstanceNorm{
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
		r := c.ranged(i+1, i+2, false)
		in = append(in, c.in[i], r.Min, r.Max)
	}
	epsilon, err := c.node.Float("variance_epsilon")
	c.keep(err)
	scale, err := c.node.Bool("scale_after_normalization")
	c.keep(err)
	return c.emit(&core.TFQuantizedBatchNorm{Epsilon: epsilon, ScaleAfterNormalization: scale}, in...)
}
