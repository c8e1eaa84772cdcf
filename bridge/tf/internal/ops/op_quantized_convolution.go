package ops

import (
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// The signatures of the legacy quantized convolutions, in parts.
const (
	convolved = "input:Tinput filter:Tfilter "
	ranges    = "min_input:float max_input:float min_filter:float max_filter:float "
	freezed   = "min_freezed_output:float max_freezed_output:float "
	summand   = "summand:Tsummand min_summand:float max_summand:float "
	toQint32  = "-> output:out_type=qint32 min_output:float max_output:float"
	toQuint8  = "-> output:out_type=quint8 min_output:float max_output:float"
	toQint8   = "-> output:out_type=qint8 min_output:float max_output:float"
	fused     = "device_inputs:[Tdevice_inputs] host_inputs:[Thost_inputs] " +
		"-> device_outputs:[Tdevice_outputs] host_outputs:[Thost_outputs]"
)

var _ = register("quantized_convolution",
	op{
		name:      "QuantizedConv2D",
		signature: convolved + ranges + toQint32,
		translate: convolution(convolutionKind{oneFilterRange: true}),
	},
	op{
		name:      "QuantizedConv2DPerChannel",
		signature: convolved + ranges + toQint32,
		translate: convolution(convolutionKind{}),
	},
	op{
		name:      "QuantizedConv2DAndRelu",
		signature: convolved + ranges + toQint32,
		translate: convolution(convolutionKind{relu: true}),
	},
	op{
		name:      "QuantizedConv2DAndRequantize",
		signature: convolved + ranges + freezed + toQint8,
		translate: convolution(convolutionKind{oneFilterRange: true}),
	},
	op{
		name:      "QuantizedConv2DAndReluAndRequantize",
		signature: convolved + ranges + freezed + toQuint8,
		translate: convolution(convolutionKind{relu: true}),
	},
	op{
		name:      "QuantizedConv2DWithBias",
		signature: convolved + "bias:float " + ranges + toQint32,
		translate: convolution(convolutionKind{}),
	},
	op{
		name:      "QuantizedConv2DWithBiasAndRelu",
		signature: convolved + "bias:float " + ranges + toQint32,
		translate: convolution(convolutionKind{relu: true}),
	},
	op{
		name:      "QuantizedConv2DWithBiasAndRequantize",
		signature: convolved + "bias:Tbias " + ranges + freezed + toQint8, translate: convolution(convolutionKind{}),
	},
	op{
		name:      "QuantizedConv2DWithBiasAndReluAndRequantize",
		signature: convolved + "bias:Tbias " + ranges + freezed + toQuint8,
		translate: convolution(convolutionKind{relu: true}),
	},
	op{
		name:      "QuantizedConv2DWithBiasSumAndRelu",
		signature: convolved + "bias:float " + ranges + "summand:float " + toQint32,
		translate: convolution(convolutionKind{relu: true}),
	},
	op{
		name:      "QuantizedConv2DWithBiasSumAndReluAndRequantize",
		signature: convolved + "bias:Tbias " + ranges + freezed + summand + toQuint8,
		translate: convolution(convolutionKind{relu: true}),
	},
	op{
		name:      "QuantizedConv2DWithBiasSignedSumAndReluAndRequantize",
		signature: convolved + "bias:Tbias " + ranges + freezed + summand + toQuint8,
		translate: convolution(convolutionKind{relu: true}),
	},

	op{
		name:      "QuantizedDepthwiseConv2D",
		signature: convolved + ranges + toQint32,
		translate: convolution(convolutionKind{depthwise: true}),
	},
	op{
		name:      "QuantizedDepthwiseConv2DWithBias",
		signature: convolved + "bias:float " + ranges + toQint32,
		translate: convolution(convolutionKind{depthwise: true}),
	},
	op{
		name:      "QuantizedDepthwiseConv2DWithBiasAndRelu",
		signature: convolved + "bias:float " + ranges + toQint32,
		translate: convolution(convolutionKind{relu: true, depthwise: true}),
	},
	op{
		name:      "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize",
		signature: convolved + "bias:Tbias " + ranges + freezed + toQuint8,
		translate: convolution(convolutionKind{relu: true, depthwise: true}),
	},

	op{name: "_FusedQuantizedConv2D", signature: fused, translate: fusedConvolution(convolutionKind{})},
	op{
		name:      "_FusedQuantizedDepthwiseConv2D",
		signature: fused,
		translate: fusedConvolution(convolutionKind{depthwise: true}),
	},
)

// convolutionKind is what the name of a quantized convolution says, and no attribute.
type convolutionKind struct {
	relu           bool
	depthwise      bool
	oneFilterRange bool // the range of the filters applies to all channels
}

// convolution translates the legacy quantized convolutions. What else is fused can be seen from their inputs.
func convolution(kind convolutionKind) func(*call) []core.Value {
	return func(c *call) []core.Value {
		v := c.legacyConvolution()
		v.WithRelu = kind.relu
		if kind.oneFilterRange {
			v.FilterRange = c.span("min_filter", "max_filter")
		}
		return c.fusedInputs(v, kind)
	}
}

// legacyConvolution reads what the legacy quantized convolutions have in common.
func (c *call) legacyConvolution() builders.Convolution {
	return builders.Convolution{
		Spatial:     c.spatial(2, geometry.NHWC, "padding_list"),
		Data:        c.value("input"),
		Filters:     c.value("filter"),
		DataRange:   c.span("min_input", "max_input"),
		FilterRange: c.spans("min_filter", "max_filter"),
		OutputType:  c.outputType(),
	}
}

// fusedInputs calls the builder according to which inputs there are.
func (c *call) fusedInputs(v builders.Convolution, kind convolutionKind) []core.Value {
	c.outputs("out_type", v.OutputType)
	if c.err == nil && v.Filters.Type() == core.U8 {
		c.plainConvolution(&v)
	}
	if c.has("bias") {
		v.Bias = c.value("bias")
	}
	if c.has("min_freezed_output") {
		v.OutputRange = c.span("min_freezed_output", "max_freezed_output")
	}
	if c.has("summand") {
		v.Sum = c.value("summand")
	}
	if c.has("min_summand") {
		v.SumRange = c.span("min_summand", "max_summand")
	}
	return c.convolve(v, kind)
}

// plainConvolution checks the limits of TensorFlow's kernel for u8 filters.
func (c *call) plainConvolution(v *builders.Convolution) {
	if s := v.Strides; len(s) == 2 && s[0] != s[1] {
		c.failAttr("strides", "got %v for rows and columns with a quint8 filter, want equal ones", s)
	}
	if d := v.Dilations; len(d) == 2 && (d[0] != 1 || d[1] != 1) {
		c.failAttr("dilations", "got %v for rows and columns with a quint8 filter, want 1", d)
	}
	center(&v.Spatial, v.Data.Shape(), v.Filters.Shape())
}

// center shifts the windows as TensorFlow's kernel for u8 filters does: if strides leave out some data, part of that
// is before the first window.
func center(s *geometry.Spatial, data, filters core.Shape) {
	if s.PadType == geometry.PadExplicit || !data.Static() || !filters.Static() || len(data) != 4 || len(filters) != 4 {
		return
	}
	var below, above []int
	shifted := false
	for i, stride := range s.Strides {
		in, k, valid := data[i+1], filters[i], s.PadType == geometry.PadValid
		out, odd := (in+stride-1)/stride, 0
		if valid {
			out, odd = (in-k+stride)/stride, 1
		}
		if out < 1 {
			return // the shapes are wrong, which is reported elsewhere
		}
		total := (out-1)*stride + k - in
		before := (total + odd) / 2
		below, above = append(below, before), append(above, total-before)
		shifted = shifted || before < 0
	}
	if shifted {
		s.PadType, s.PadBelow, s.PadAbove = geometry.PadExplicit, below, above
	}
}

// outputs checks the output's type: an 8-bit type for an op that requantizes, otherwise i32.
func (c *call) outputs(attr string, t core.Type) {
	requantizes := c.has("min_freezed_output")
	switch {
	case c.err != nil:
	case requantizes && t != core.I8 && t != core.U8:
		c.failAttr(attr, "got %v, want qint8 or quint8", t)
	case !requantizes && t != core.I32:
		c.failAttr(attr, "got %v, want qint32", t)
	}
}

// outputType returns the type of the first output as the attributes say.
func (c *call) outputType() core.Type {
	types, err := c.op.out[0].Types(c.node, 1)
	c.keep(err)
	if c.err != nil {
		return core.Dynamic
	}
	return types[0]
}

// convolve calls the builder for what is fused.
func (c *call) convolve(v builders.Convolution, kind convolutionKind) []core.Value {
	if c.err == nil {
		c.checkBias(v.Bias, core.Unknown)
	}
	if c.err == nil && len(v.Filters.Shape()) != 4 && v.Filters.Shape().Ranked() {
		c.failInput(1, "got shape %v, want rank 4: height, width, input channels, output channels", v.Filters.Shape())
	}
	if kind.depthwise && c.err == nil {
		var err error
		v.Filters, v.Groups, err = builders.DepthwiseFilters(c.scope(), v.Filters)
		c.keep(err)
	}
	if c.err != nil {
		return nil
	}
	return c.built(convolutionBuilder(&v)(c.scope(), v))
}

func convolutionBuilder(v *builders.Convolution) func(builders.Scope, builders.Convolution) (builders.Output, error) {
	bias, sum := v.Bias.Node != nil, v.Sum.Node != nil
	switch {
	case sum && v.Sum.Type() == core.I8 && v.OutputType == core.U8 && v.WithRelu:
		return builders.ScaledQuantizedConvolutionBiasSignedAdd
	case sum:
		return builders.ScaledQuantizedConvolutionBiasAdd
	case bias:
		return builders.ScaledQuantizedConvolutionBias
	case v.WithRelu:
		return builders.ScaledQuantizedConvolutionRelu
	}
	return builders.ScaledQuantizedConvolution
}

// convolutionFusions lists the steps that TensorFlow's kernels for fused convolutions support.
// Intel's Neural Compressor writes other activations too, before Requantize.
var (
	convolutionFusions   = [][]string{{"BiasAdd"}, {"Sum"}, {"Relu"}, {"Requantize"}}
	requantizingFusions  = [][]string{{"BiasAdd"}, {"Sum"}, convolutionActivated, {"Requantize"}}
	convolutionActivated = []string{"Relu", "Relu6", "LeakyRelu", "Elu", "Tanh", "Sigmoid"}
)

// convolutionOps reads fused_ops and returns the steps and their activation, "" for none. Version 2.21 refuses Relu6,
// as TensorFlow was recorded to do.
func (c *call) convolutionOps() (fused map[string]bool, activation string) {
	places := convolutionFusions
	if steps := c.strs("fused_ops"); len(steps) > 0 && steps[len(steps)-1] == "Requantize" {
		places = requantizingFusions
	}
	fused = c.fusedOps(places)
	for _, name := range convolutionActivated {
		if fused[name] {
			activation = name
		}
	}
	switch {
	case c.err != nil:
	case fused["Sum"] && activation == "":
		c.failAttr("fused_ops", "got Sum without Relu, want both")
	case activation == "Relu6" && c.arithmetic == builders.TensorFlow2_21:
		c.failAttr("fused_ops", "got Relu6, which TensorFlow 2.21 refuses; translate for another version, or for none")
	}
	return fused, activation
}

// activate sets the activation of a convolution; alpha is LeakyRelu's slope.
func (c *call) activate(v *builders.Convolution, activation string) {
	v.WithRelu = activation == "Relu"
	if !v.WithRelu {
		v.Activation = fusedActivations[activation]
	}
	if v.Activation == numeric.LeakyRelu {
		v.Alpha = c.floatOr("alpha", c.floatOr("leakyrelu_alpha", 0))
	}
}

// fusedConvolution translates _FusedQuantizedConv2D and _FusedQuantizedDepthwiseConv2D,
// whose inputs follow from fused_ops: input, filter, [bias], [summand], min and max of
// input and filter, [of the summand], [of the output].
func fusedConvolution(kind convolutionKind) func(*call) []core.Value {
	return func(c *call) []core.Value {
		fused, activation := c.convolutionOps()
		if layout := c.layout(2); layout != geometry.NHWC {
			c.failAttr("data_format", "got %v, want NHWC", layout)
		}
		r := c.reader()
		v := builders.Convolution{
			Spatial: c.spatial(2, geometry.NHWC, "explicit_paddings"), OutputType: c.typ("out_type", core.I32),
		}
		c.activate(&v, activation)
		v.Data, v.Filters = r.typed("input", "Tinput"), r.typed("filter", "Tfilter")
		if fused["BiasAdd"] {
			v.Bias = r.typed("bias", "Tbias")
		}
		if fused["Sum"] {
			v.Sum = r.typed("summand", "Tsummand")
		}
		v.DataRange, v.FilterRange = r.span("input", perTensor), r.span("filter", perChannel)
		if fused["Sum"] && v.Sum.Node != nil && v.Sum.Type() != core.F32 {
			v.SumRange = r.span("summand", perTensor)
		}
		if fused["Requantize"] {
			v.OutputRange = r.span("freezed_output", perTensor)
		}
		r.end()
		if c.err == nil && !fused["Requantize"] && v.OutputType != core.I32 {
			c.failAttr("out_type", "got %v, want qint32 without Requantize in fused_ops", v.OutputType)
		}
		return c.convolve(v, kind)
	}
}
