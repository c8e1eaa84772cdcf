package ops

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

var _ = register("resize",
	op{
		name:      "ResizeBilinear",
		signature: "images:T size:int32 -> resized_images:float",
		translate: resize(vision.ResizeBilinear),
	},
	op{
		name:      "ResizeNearestNeighbor",
		signature: "images:T size:int32 -> resized_images:T",
		translate: resize(vision.ResizeNearest),
	},
	op{
		name:      "ResizeBicubic",
		signature: "images:T size:int32 -> resized_images:float",
		translate: resize(vision.ResizeBicubic),
	},
	op{
		name:      "CropAndResize",
		signature: "image:T boxes:float box_ind:int32 crop_size:int32 -> crops:float",
		translate: cropAndResize,
	},
	op{
		name:      "ResizeArea",
		signature: "images:T size:int32 -> resized_images:float",
		translate: resizeArea,
	},
	op{
		name:      "ScaleAndTranslate",
		signature: "images:T size:int32 scale:float translation:float -> resized_images:float",
		translate: scaleAndTranslate,
	},
	op{
		name:      "AdjustContrastv2",
		signature: colourSignature + "contrast_factor:float -> output:T=float",
		translate: adjust(&vision.AdjustContrast{}),
	},
	op{
		name:      "AdjustHue",
		signature: colourSignature + "delta:float -> output:T=float",
		translate: adjust(&vision.AdjustHue{}),
	},
	op{
		name:      "AdjustSaturation",
		signature: colourSignature + "scale:float -> output:T=float",
		translate: adjust(&vision.AdjustSaturation{}),
	},
	op{name: "RGBToHSV", signature: colourSignature + "-> output:T=float", translate: rgbToHSV},
	op{name: "HSVToRGB", signature: colourSignature + "-> output:T=float", translate: hsvToRGB},
	op{
		name:      "FusedPadConv2D",
		signature: "input:T paddings:int32 filter:T -> output:T",
		translate: fusedPadConv2D,
	},
	op{
		name:      "FusedResizeAndPadConv2D",
		signature: "input:T size:int32 paddings:int32 filter:T -> output:T",
		translate: fusedResizeAndPadConv2D,
	},
	op{name: "LRN", signature: "input:T=float -> output:T=float", translate: lrn},
	op{name: "ExtractImagePatches", signature: "images:T -> patches:T", translate: extractPatches},
	op{name: "MaxPoolWithArgmax", signature: "input:T -> output:T argmax:Targmax=int64", translate: maxPoolWithArgmax},
	op{name: "MaxPoolV2", signature: "input:T=float ksize:int32 strides:int32 -> output:T=float", translate: maxPoolV2},
	op{
		name:      "Conv2DBackpropInput",
		signature: "input_sizes:int32 filter:T out_backprop:T -> output:T",
		translate: backprop(2, "explicit_paddings"),
	},
	op{
		name:      "Conv3DBackpropInputV2",
		signature: "input_sizes:Tshape=int32 filter:T out_backprop:T -> output:T",
		translate: backprop(3, ""),
	},
)

const colourSignature = "images:T=float "

func resize(mode vision.ResizeMode) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(&vision.Resize{
			Mode:             mode,
			AlignCorners:     c.boolOr("align_corners", false),
			HalfPixelCenters: c.boolOr("half_pixel_centers", false),
		}, c.in...)
	}
}

func cropAndResize(c *call) []core.Value {
	nearest := choice(c, "method", []string{"bilinear", "nearest"}, []bool{false, true})
	return c.emit(&vision.CropAndResize{Nearest: nearest, Extrapolation: c.floatOr("extrapolation_value", 0)}, c.in...)
}

func lrn(c *call) []core.Value {
	return c.emit(&normalize.LRN{
		Radius: small(c.intOr("depth_radius", 5)),
		Bias:   c.floatOr("bias", 1),
		Alpha:  c.floatOr("alpha", 1),
		Beta:   c.floatOr("beta", 0.5),
	}, c.in...)
}

func extractPatches(c *call) []core.Value {
	s := geometry.Spatial{
		Layout:    geometry.NHWC,
		Strides:   c.perDimension("strides", 2, geometry.NHWC, 0),
		Dilations: c.perDimension("rates", 2, geometry.NHWC, 0),
	}
	c.padding(&s, 2, "")
	return c.emit(&vision.ExtractPatches{Spatial: s, Window: c.perDimension("ksizes", 2, geometry.NHWC, 0)}, c.in...)
}

func maxPoolWithArgmax(c *call) []core.Value {
	s, window := c.window(2, geometry.NHWC, "")
	return c.emit(&pooling.MaxPoolWithArgmax{
		Spatial:      s,
		Window:       window,
		Type:         c.typ("Targmax", core.I64),
		IncludeBatch: c.boolOr("include_batch_in_index", false),
	}, c.in...)
}

// maxPoolV2 has the window and the strides as inputs.
func maxPoolV2(c *call) []core.Value {
	layout := c.layout(2)
	s := geometry.Spatial{Layout: layout, Strides: c.spatialNumbers(2, layout)}
	c.padding(&s, 2, "")
	return c.emit(&pooling.MaxPool{Spatial: s, Window: c.spatialNumbers(1, layout)}, c.in[0])
}

// spatialNumbers returns the numbers for spatial dimensions from input i, which has a constant number per dimension.
func (c *call) spatialNumbers(i int, layout geometry.Layout) []int {
	list := c.integers(i)
	if c.err != nil {
		return nil
	}
	channels, first := 3, 1
	if layout == geometry.NCHW {
		channels, first = 1, 2
	}
	if len(list) != 4 || list[0] != 1 || list[channels] != 1 {
		c.failInput(i, "got %v, want four numbers, 1 for batch and channels", list)
		return nil
	}
	return list[first : first+2]
}

// backprop translates a transposed convolution over n spatial dimensions. The number of groups is the channels of the
// result divided by those of the filters.
func backprop(n int, explicit string) func(*call) []core.Value {
	return func(c *call) []core.Value {
		layout := c.layout(n)
		op := &linear.ConvolutionBackpropData{Spatial: c.spatial(n, layout, explicit)}
		c.wantRank(1, n+2, "space, input channels, output channels")
		c.wantRank(2, n+2, "batch, channels and space")
		if c.err != nil {
			return nil
		}
		channel := n + 1
		if layout == geometry.NCHW {
			channel = 1
		}
		filters := c.in[1].Shape()
		if sizes := c.in[0].Folded(); sizes != nil && sizes.Len() == n+2 && filters.Ranked() && filters[n] > 0 {
			if total := int(sizes.Int64s()[channel]); total > filters[n] && total%filters[n] == 0 {
				op.Groups = total / filters[n]
			}
		}
		gradient := c.in[2]
		return c.emitRounded(
			op, pointwise.Convert{Type: gradient.Type()}, c.in[0], c.filters(c.in[1], layout, n), gradient)
	}
}

func resizeArea(c *call) []core.Value {
	return c.emit(&vision.ResizeArea{AlignCorners: c.boolOr("align_corners", false)}, c.inF32()...)
}

// inF32 returns the inputs, the first as f32.
func (c *call) inF32() []core.Value {
	in := slices.Clone(c.in)
	if t := in[0].Type(); t != core.F32 && t != core.Dynamic {
		in[0] = c.helper("images", &pointwise.Convert{Type: core.F32}, in[0])
	}
	return in
}

func scaleAndTranslate(c *call) []core.Value {
	kernel := choice(c, "kernel_type",
		[]string{"lanczos3", "lanczos1", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"},
		[]vision.ScaleKernel{
			vision.Lanczos3, vision.Lanczos1, vision.Lanczos5, vision.Gaussian, vision.Box, vision.Triangle, vision.KeysCubic,
			vision.MitchellCubic,
		})
	return c.emit(&vision.ScaleAndTranslate{Kernel: kernel, Antialias: c.boolOr("antialias", true)}, c.inF32()...)
}

// adjust translates the ops that adjust images.
func adjust(op core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		if s := c.in[0].Shape(); s.Ranked() && len(s) < 3 {
			c.failInput(0, "got shape %v, want rank 3 or more", s)
		}
		return c.emit(op, c.in...)
	}
}

// channels returns three channels, and the numbers that an op on them needs, in the type of the channels.
func (c *call) channels(numbers ...float64) (channels, constants []core.Value) {
	s := c.in[0].Shape()
	if s.Ranked() && (len(s) == 0 || !s[len(s)-1:].Compatible(core.Shape{3})) {
		c.failInput(0, "got shape %v, want a last dimension of 3", s)
	}
	channels = c.emitAs("#channels", &array.Split{Axis: -1, Sizes: []int{1, 1, 1}}, c.in[0])
	for i, v := range numbers {
		constants = append(constants, c.exactly(fmt.Sprintf("number_%d", i), v))
	}
	return channels, constants
}

// exactly is a number rounded to the type of input 0.
func (c *call) exactly(role string, v float64) core.Value {
	return c.helper(role, &pointwise.Convert{Type: c.in[0].Type()}, c.literal(role+"_value", core.Scalar(v), nil))
}

// rgbToHSV follows TensorFlow's steps, each of which is rounded.
func rgbToHSV(c *call) []core.Value {
	rgb, n := c.channels(0, 1, 1.0/6, 2.0/6, 4.0/6)
	if c.err != nil {
		return nil
	}
	r, g, b := rgb[0], rgb[1], rgb[2]
	largest := func(role string, x, y core.Value) core.Value { return c.helper(role, &pointwise.Maximum{}, x, y) }
	least := func(role string, x, y core.Value) core.Value { return c.helper(role, &pointwise.Minimum{}, x, y) }
	minus := func(role string, x, y core.Value) core.Value { return c.helper(role, &pointwise.Subtract{}, x, y) }
	is := func(role string, rel pointwise.Relation, x, y, then, otherwise core.Value) core.Value {
		holds := c.helper(role+"_if", &pointwise.Compare{Relation: rel}, x, y)
		return c.helper(role, &pointwise.Select{}, holds, then, otherwise)
	}
	value := largest("value", largest("largest", r, g), b)
	span := minus("span", value, least("least", least("smaller", r, g), b))
	s := is("saturation", pointwise.Greater, value, n[0], c.helper("part", &pointwise.Divide{}, span, value), n[0])
	norm := c.helper("norm", &pointwise.Multiply{},
		c.helper("inverse", &pointwise.Unary{Function: pointwise.Reciprocal}, span), n[2])
	side := func(role string, x, y core.Value) core.Value {
		return c.helper(role, &pointwise.Multiply{}, norm, minus(role+"_difference", x, y))
	}
	plus := func(role string, x, y core.Value) core.Value { return c.helper(role, &pointwise.Add{}, x, y) }
	h := is("blue", pointwise.Equal, g, value, plus("at_green", side("green", b, r), n[3]),
		plus("at_blue", side("blue_side", r, g), n[4]))
	h = is("red", pointwise.Equal, r, value, side("red_side", g, b), h)
	h = is("grey", pointwise.Greater, span, n[0], h, n[0])
	h = is("hue", pointwise.Less, h, n[0], plus("turned", h, n[1]), h)
	return c.emit(&array.Concat{Axis: -1}, h, s, value)
}

// hsvToRGB follows TensorFlow's steps, each of which is rounded.
func hsvToRGB(c *call) []core.Value {
	hsv, n := c.channels(1, 2, 3, 4, 6)
	if c.err != nil {
		return nil
	}
	turn := c.helper("turn", &pointwise.Multiply{}, hsv[0], n[4])
	one := c.helper("one_less", &pointwise.Subtract{}, n[0], hsv[1])
	component := func(role string, at core.Value, up bool) core.Value {
		d := c.helper(role+"_distance", &pointwise.Unary{Function: pointwise.Abs},
			c.helper(role+"_from", &pointwise.Subtract{}, turn, at))
		if up {
			d = c.helper(role+"_less", &pointwise.Subtract{}, d, n[0])
		} else {
			d = c.helper(role+"_less", &pointwise.Subtract{}, n[1], d)
		}
		d = c.helper(role+"_clamped", &pointwise.Clamp{Lo: 0, Hi: 1}, d)
		sum := c.helper(role+"_sum", &pointwise.Add{}, one, c.helper(role+"_part", &pointwise.Multiply{}, hsv[1], d))
		return c.helper(role, &pointwise.Multiply{}, sum, hsv[2])
	}
	return c.emit(&array.Concat{Axis: -1},
		component("red", n[2], true), component("green", n[1], false), component("blue", n[3], false))
}

// fusedPadConv2D pads by reflection before a convolution.
func fusedPadConv2D(c *call) []core.Value { return c.paddedConvolution(c.in[0], 1) }

// fusedResizeAndPadConv2D resizes before that. TensorFlow interpolates in the type of the images.
func fusedResizeAndPadConv2D(c *call) []core.Value {
	if t := c.typ("T", core.Dynamic); t != core.F32 {
		c.failAttr("T", "got %v, want f32: images of other types are interpolated in f32", t)
	}
	x := c.helper("resized", &vision.Resize{AlignCorners: c.boolOr("resize_align_corners", false)}, c.in[0], c.in[1])
	return c.paddedConvolution(x, 2)
}

// paddedConvolution pads x as input i says, and convolves it with input i+1.
func (c *call) paddedConvolution(x core.Value, i int) []core.Value {
	c.wantRank(0, 4, "batch, height, width and channels")
	c.wantRank(i+1, 4, "height, width, input channels, output channels")
	op := c.mirror(i)
	if c.err != nil {
		return nil
	}
	padded := c.helper("padded", op, mirrored(op, x, c.in[i])...)
	return c.emitReal(&linear.Convolution{Spatial: c.spatial(2, geometry.NHWC, "")}, padded, c.in[i+1])
}
