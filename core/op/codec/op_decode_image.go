package codec

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/jpeg"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/raster"
)

var _ = core.Register[DecodeImage]("DecodeImage")

// Frames says which images of a file are decoded, and whether they have an axis.
type Frames uint8

// The choices.
const (
	SingleFrame Frames = iota // a file of several is an error; no axis
	FirstFrame                // the first; no axis
	AllFrames                 // all, along a first axis
	Animation                 // all of a GIF, along a first axis; files of other formats have no such axis
	numFrames
)

var framesNames = [numFrames]string{"Single", "First", "All", "Animation"}

// String returns the choice's name.
func (f Frames) String() string { return enum.Name(f, framesNames[:]) }

// MarshalText writes the name, which stands for the Frames in JSON.
func (f Frames) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses a choice's name.
func (f *Frames) UnmarshalText(b []byte) error {
	return enum.Parse(f, string(b), "frames", framesNames[:])
}

// Formats says which formats of files are taken.
type Formats uint8

// The choices.
const (
	CommonFormats Formats = iota // JPEG, PNG and GIF
	BMP                          // BMP
	AllFormats                   // JPEG, PNG, GIF and BMP
	numFormats
)

var formatsNames = [numFormats]string{"Common", "BMP", "All"}

// String returns the choice's name.
func (f Formats) String() string { return enum.Name(f, formatsNames[:]) }

// MarshalText writes the name, which stands for the Formats in JSON.
func (f Formats) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses a choice's name.
func (f *Formats) UnmarshalText(b []byte) error {
	return enum.Parse(f, string(b), "formats", formatsNames[:])
}

// take reports whether a format is among them.
func (f Formats) take(file format) bool {
	if file == bmpFormat {
		return f != CommonFormats
	}
	return f != BMP && file != otherFormat
}

// DecodeImage decodes the file of an image, bit for bit as TensorFlow 2.21 does, with libjpeg-turbo and libpng.
//
//	Inputs:  contents: string, []: a file of JPEG, PNG, GIF or BMP
//	Outputs: image: Type, [height, width, channels], with Frames perhaps behind the number of images
//
//	C1: contents is one string
//	C2: Type is u8, u16 or f32
//	C3: Channels is 0, 1, 3 or 4
//	C4: Ratio is 1, 2, 4 or 8
//	C5: the file has one of Formats and is whole, and can be decoded to Channels
//	C6: the file has one image if Frames is SingleFrame
//
// Channels 0 stands for those of the file; those of CMYK become RGB. JPEG has 1 or 3, GIF 3. An element of f32 is 1
// where that of u8 or u16 has its greatest value; u16 is 256 times u8, where the file has 8 bits, or 257 times in a
// PNG.
//
// Images of JPEG are reduced by Ratio, their colours repeated with Boxes and interpolated without, and transformed in
// the arithmetic of JDCT_ISLOW with Accurate and of JDCT_IFAST without. With Recover the end of image may be missing.
// Arithmetic coding, samples of other than 8 bits, progressive files that lack scans, and grey of coloured PNGs with a
// gamma are not supported.
type DecodeImage struct {
	Type     core.Type `json:"type"`
	Formats  Formats   `json:"formats"`
	Frames   Frames    `json:"frames"`
	Channels int       `json:"channels"`
	Ratio    int       `json:"ratio"`
	Boxes    bool      `json:"boxes,omitempty"`
	Accurate bool      `json:"accurate,omitempty"`
	Recover  bool      `json:"recover,omitempty"`
}

// InputNames names the input.
func (op *DecodeImage) InputNames() []string { return []string{"contents"} }

// Infer checks C1 to C4.
func (op *DecodeImage) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := wantFile("C1", in); err != nil {
		return nil, err
	}
	if op.Type != core.U8 && op.Type != core.U16 && op.Type != core.F32 {
		return nil, core.Violation("C2", -1, "type: got %v, want u8, u16 or f32", op.Type)
	}
	if err := checkChannels("C3", op.Channels); err != nil {
		return nil, err
	}
	if err := checkRatio("C4", op.Ratio); err != nil {
		return nil, err
	}
	image := core.Shape{core.Unknown, core.Unknown, core.Unknown}
	if op.Channels > 0 {
		image[2] = op.Channels
	}
	switch op.Frames {
	case AllFrames:
		image = append(core.Shape{core.Unknown}, image...)
	case Animation:
		image = nil
	}
	return []core.Fact{{Type: op.Type, Shape: image}}, nil
}

// Eval decodes the file, and checks C5 and C6.
func (op *DecodeImage) Eval(in, out []*core.Tensor) error {
	file := in[0].Strings()[0]
	f := formatOf(file)
	if !op.Formats.take(f) {
		return core.Violation("C5", 0, "the file has another format, want %v", op.wanted())
	}
	c := canvas{op: op, typ: op.Type, depth: 8}
	c.frames = op.Frames == AllFrames || op.Frames == Animation && f == gifFormat
	err := blameFile("C5", op.decode(file, f, &c))
	if err == nil {
		err = c.finish(out)
	}
	return err
}

// decode decodes a file of a format to a canvas.
func (op *DecodeImage) decode(file string, f format, c *canvas) error {
	switch f {
	case jpegFormat:
		o := jpeg.Options{
			Channels: op.Channels, Ratio: op.Ratio, Boxes: op.Boxes, Accurate: op.Accurate, Recover: op.Recover,
		}
		return decodeJPEG(op, file, o, c.allocate)
	case pngFormat:
		if op.Type != core.U8 {
			c.depth = 16
		}
		return raster.DecodePNG(file, op.Channels, c.depth, c.allocate)
	case gifFormat:
		return raster.DecodeGIF(file, op.Channels, op.Frames == FirstFrame, func(s raster.Size) ([]byte, error) {
			if op.Frames == SingleFrame && s.Frames > 1 {
				return nil, core.Violation("C6", 0, "got an animation of %d images, want one image", s.Frames)
			}
			return c.allocate(s)
		})
	}
	return raster.DecodeBMP(file, op.Channels, c.allocate)
}

func (op *DecodeImage) wanted() string {
	switch op.Formats {
	case BMP:
		return "BMP"
	case AllFormats:
		return "JPEG, PNG, GIF or BMP"
	}
	return "JPEG, PNG or GIF"
}
