package ops

import (
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pooling"
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

const (
	quantizedSum = "x:T1 y:T2 min_x:float max_x:float min_y:float max_y:float " +
		"-> z:Toutput=qint32 min_z:float max_z:float"
	quantizedActivations = "-> activations:out_type=quint8 min_activations:float max_activations:float"
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
