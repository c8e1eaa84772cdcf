package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec"
)

// Files of images, and texts that stand for bytes.
var _ = register("codec",
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
