package ops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/codec"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

const colourSignature = "images:T=float "

var _ = register("pixels",
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

	op{name: "DecodeJpeg", signature: "contents:string -> image:uint8", translate: decodeJPEG},
	op{
		name:      "DecodeAndCropJpeg",
		signature: "contents:string crop_window:int32 -> image:uint8",
		translate: decodeJPEGWindow,
	},
	op{
		name:      "ExtractJpegShape",
		signature: "contents:string -> image_shape:output_type=int32",
		translate: jpegSize,
	},
	op{
		name:      "DecodePng",
		signature: "contents:string -> image:dtype=uint8",
		translate: decodeImage(codec.CommonFormats, codec.SingleFrame),
	},
	op{name: "DecodeGif", signature: "contents:string -> image:uint8", translate: decodeGIF},
	op{
		name:      "DecodeBmp",
		signature: "contents:string -> image:uint8",
		translate: decodeImage(codec.BMP, codec.SingleFrame),
	},
	op{name: "DecodeImage", signature: "contents:string -> image:dtype=uint8", translate: decodeAnyImage},
	op{name: "EncodeBase64", signature: "input:string -> output:string", translate: encodeBase64},
	op{name: "DecodeBase64", signature: "input:string -> output:string", translate: apply(&codec.DecodeBase64{})},
)

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

// Files of images, and texts that stand for bytes.

// jpegAttributes are those of DecodeJpeg and DecodeAndCropJpeg.
func (c *call) jpegAttributes() (ratio int, boxes, accurate, recovers bool) {
	accurate = choice(c, "dct_method", []string{"", "INTEGER_FAST", "INTEGER_ACCURATE"}, []bool{false, false, true})
	return int(c.intOr("ratio", 1)), !c.boolOr("fancy_upscaling", true), accurate, c.boolOr("try_recover_truncated", false)
}

func decodeJPEG(c *call) []core.Value {
	op := &codec.DecodeImage{Type: core.U8, Channels: int(c.intOr("channels", 0))}
	op.Ratio, op.Boxes, op.Accurate, op.Recover = c.jpegAttributes()
	return c.emit(op, c.in...)
}

func decodeJPEGWindow(c *call) []core.Value {
	op := &codec.DecodeJPEGWindow{Channels: int(c.intOr("channels", 0))}
	op.Ratio, op.Boxes, op.Accurate, op.Recover = c.jpegAttributes()
	return c.emit(op, c.in...)
}

func jpegSize(c *call) []core.Value {
	return c.emit(&codec.JPEGSize{Type: c.typ("output_type", core.I32)}, c.in...)
}

// decodeImage translates the ops that take the formats and frames.
func decodeImage(formats codec.Formats, frames codec.Frames) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(&codec.DecodeImage{
			Type: c.typ("dtype", core.U8), Formats: formats, Frames: frames, Channels: int(c.intOr("channels", 0)), Ratio: 1,
		}, c.in...)
	}
}

func decodeAnyImage(c *call) []core.Value {
	frames := codec.FirstFrame
	if c.boolOr("expand_animations", true) {
		frames = codec.Animation
	}
	return decodeImage(codec.AllFormats, frames)(c)
}

func decodeGIF(c *call) []core.Value {
	return c.emit(&codec.DecodeImage{Type: core.U8, Frames: codec.AllFrames, Channels: 3, Ratio: 1}, c.in...)
}

func encodeBase64(c *call) []core.Value {
	return c.emit(&codec.EncodeBase64{Pad: c.boolOr("pad", false)}, c.in...)
}
