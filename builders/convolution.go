package builders

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
)

// Convolution holds the operands and attributes of the convolution builders. Each
// builder reads those that its document names.
type Convolution struct {
	// Spatial holds layout, strides, dilations and padding. nGraph's layout is NCHW with
	// OIHW filters; TensorFlow's is NHWC with filters [spatial..., C/Groups, O].
	geometry.Spatial
	Groups int // 0 means 1; the data's channels for a depthwise convolution (see DepthwiseFilters)

	Data    core.Value // i8 or u8
	Filters core.Value // i8 or u8
	Bias    core.Value // i32 or f32, [O]
	Sum     core.Value // the summand, of the output's shape

	DataRange   Range
	FilterRange Range // [], [1], or one element per output channel
	SumRange    Range // unused for a real summand
	OutputRange Range // nGraph's output range, TensorFlow's min_freezed_output and max_freezed_output; unused for i32

	// OutputType is i8, u8 or i32. nGraph's arithmetic reads it in
	// ScaledQuantizedConvolution alone: its other builders give u8 with ReLU, else i8.
	OutputType core.Type
	WithRelu   bool

	// Activation of an 8-bit output, in place of WithRelu, and LeakyRelu's slope: in
	// TensorFlow's arithmetic, with filters of i8.
	Activation numeric.Activation
	Alpha      float32
}

// ScaledQuantizedConvolution convolves quantized data (nGraph's later
// QuantizedConvolutionBuilder).
//
//	nGraph:     QuantizedConvolution with scales by quantization.ScaleSymmetric and zero points 0
//	TensorFlow: QuantizedConv2D[AndRequantize], QuantizedDepthwiseConv2D, _FusedQuantized*
//	            with fused_ops [] and [Requantize]; see tensorFlowConvolution
func ScaledQuantizedConvolution(s Scope, c Convolution) (Output, error) {
	return buildConvolution(s, "ScaledQuantizedConvolution", c, wants{})
}

// ScaledQuantizedConvolutionRelu is ScaledQuantizedConvolution with max(x, 0) before
// the rounding (QuantizedConvolutionReluBuilder in later versions of nGraph).
func ScaledQuantizedConvolutionRelu(s Scope, c Convolution) (Output, error) {
	c.WithRelu = true
	return buildConvolution(s, "ScaledQuantizedConvolutionRelu", c, wants{})
}

// ScaledQuantizedConvolutionBias adds a bias, and max(x, 0) with WithRelu (QuantizedConvolutionBiasBuilder in
// later versions of nGraph). In nGraph's arithmetic a real bias is
// quantized to i32 first, by A(data) * A(filters) / (255*127).
func ScaledQuantizedConvolutionBias(s Scope, c Convolution) (Output, error) {
	return buildConvolution(s, "ScaledQuantizedConvolutionBias", c, wants{bias: true})
}

// ScaledQuantizedConvolutionBiasAdd adds a bias and a summand, then max(x, 0) with
// WithRelu (QuantizedConvolutionBiasAddBuilder in later versions of nGraph).
func ScaledQuantizedConvolutionBiasAdd(s Scope, c Convolution) (Output, error) {
	return buildConvolution(s, "ScaledQuantizedConvolutionBiasAdd", c, wants{bias: true, sum: true})
}

// ScaledQuantizedConvolutionBiasSignedAdd adds a bias and an i8 summand to an u8
// output, with ReLU (QuantizedConvolutionBiasSignedAddBuilder in later versions of nGraph). As the
// i8 summand's memory takes the result in both frameworks, values stop at 127.
func ScaledQuantizedConvolutionBiasSignedAdd(s Scope, c Convolution) (Output, error) {
	return buildConvolution(s, "ScaledQuantizedConvolutionBiasSignedAdd", c, wants{bias: true, sum: true, signed: true})
}

// wants says which operands a builder takes.
type wants struct{ bias, sum, signed bool }

func buildConvolution(s Scope, builder string, c Convolution, w wants) (Output, error) {
	e := newEmitter(s, builder)
	e.require(input{"data", c.Data}, input{"filters", c.Filters})
	if c.Activation != numeric.Identity && (s.Arithmetic == NGraph || c.OutputType == core.I32) {
		e.fail("", "got activation %v, want it under TensorFlow's arithmetic, with an output of i8 or u8", c.Activation)
	}
	e.optional("bias", c.Bias, w.bias)
	e.optional("sum", c.Sum, w.sum)
	if e.err == nil && w.signed {
		e.quantizedType("sum", c.Sum, core.I8)
		if !c.WithRelu {
			e.fail("", "got no ReLU, want WithRelu: the signed sum gives unsigned values")
		}
	}
	if e.err != nil {
		return Output{}, e.err
	}
	if s.Arithmetic == NGraph {
		return e.ngraphConvolution(c, w)
	}
	return e.tensorFlowConvolution(c)
}

// optional checks that an operand is given if, and only if, the builder takes it.
func (e *emitter) optional(name string, v core.Value, wanted bool) {
	switch {
	case wanted:
		e.require(input{name, v})
	case v.Node != nil:
		e.fail(name, "is given, but this builder takes none")
	}
}

// perChannel reports whether the filters' range holds one element per output channel
// (one that holds a single element counts as none), and checks its shape.
func (e *emitter) perChannel(r Range, channels int) bool {
	e.connected("filter", r)
	if e.err != nil {
		return false
	}
	for _, in := range []input{{"min_filter", r.Min}, {"max_filter", r.Max}} {
		s := in.value.Shape()
		if !s.Ranked() || len(s) > 1 || len(s) == 1 && s[0] != 1 && !s.Compatible(core.Shape{channels}) {
			e.fail(in.name, "got shape %v, want [], [1] or %v (one element per output channel)", s,
				core.Shape{channels})
			return false
		}
	}
	s := r.Min.Shape()
	return len(s) == 1 && s[0] != 1
}

// outputChannels returns the number of output channels of filters, or core.Unknown.
func (c *Convolution) outputChannels() int {
	s := c.Filters.Shape()
	switch {
	case len(s) == 0:
		return core.Unknown
	case c.Layout == geometry.NCHW:
		return s[0]
	}
	return s[len(s)-1]
}

// DepthwiseFilters turns TensorFlow's depthwise filters [spatial..., C, M] into the
// filters [spatial..., 1, C*M] of a convolution in C groups, which it returns too. The
// output channel c*M+m stays where it is.
func DepthwiseFilters(s Scope, filters core.Value) (core.Value, int, error) {
	e := newEmitter(s, "DepthwiseFilters")
	e.require(input{"filters", filters})
	if e.err != nil {
		return core.Value{}, 0, e.err
	}
	shape := filters.Shape()
	if _, err := shape.Elements(); len(shape) < 3 || err != nil {
		e.fail("filters", "got shape %v, want known [spatial..., C, M]", shape)
		return core.Value{}, 0, e.err
	}
	n := len(shape)
	groups := shape[n-2]
	to := shape.Clone()
	to[n-2], to[n-1] = 1, groups*shape[n-1]
	if t := filters.Constant(); t != nil {
		r, err := t.Reshaped(to)
		return e.constant("filters", r, err), groups, e.err
	}
	dims := make([]int64, n)
	for i, d := range to {
		dims[i] = int64(d)
	}
	t, err := core.TensorOf(core.Shape{n}, dims)
	return e.op("filters", &array.Reshape{}, filters, e.constant("filters_shape", t, err)), groups, e.err
}
