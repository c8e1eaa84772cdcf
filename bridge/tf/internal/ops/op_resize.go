package ops

import (
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
