package ops

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
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
		name:      "ImageProjectiveTransformV2",
		signature: "images:dtype transforms:float output_shape:int32 -> transformed_images:dtype",
		translate: projectiveTransform,
	},
	op{
		name:      "ImageProjectiveTransformV3",
		signature: "images:dtype transforms:float output_shape:int32 fill_value:float -> transformed_images:dtype",
		translate: projectiveTransform,
	},
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

// projectiveTransform fills with 0 unless the node has another value.
func projectiveTransform(c *call) []core.Value {
	modes := []vision.FillMode{vision.FillConstant, vision.FillReflect, vision.FillWrap, vision.FillNearest}
	op := &vision.ProjectiveTransform{
		Bilinear: choice(c, "interpolation", []string{"NEAREST", "BILINEAR"}, []bool{false, true}),
		Fill:     choice(c, "fill_mode", []string{"CONSTANT", "REFLECT", "WRAP", "NEAREST"}, modes),
	}
	in := c.in
	if !c.has("fill_value") {
		in = append(slices.Clone(in), c.literal("fill", core.Scalar(float32(0)), nil))
	}
	return c.emit(op, in...)
}
