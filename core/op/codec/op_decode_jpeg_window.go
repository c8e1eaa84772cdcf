package codec

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/jpeg"
)

var _ = core.Register[DecodeJPEGWindow]("DecodeJPEGWindow")

// DecodeJPEGWindow decodes a window of the image in a JPEG file, bit for bit as TensorFlow 2.21 does. Its left and
// right edges may differ from the same pixels of the whole image: colours are interpolated as if the image ended
// there.
//
//	Inputs:  contents: string, []
//	         window: i32, [4]: the first row and column, height and width
//	Outputs: image: u8, [height, width, channels]
//
//	C1: contents is one string
//	C2: window is i32[4]
//	C3: Channels is 0, 1 or 3
//	C4: Ratio is 1, 2, 4 or 8
//	C5: the file is a JPEG, is whole as far as the window needs it, and can be decoded to Channels
//	C6: window lies in the image, after Ratio
//
// The attributes are those of DecodeImage.
type DecodeJPEGWindow struct {
	Channels int  `json:"channels"`
	Ratio    int  `json:"ratio"`
	Boxes    bool `json:"boxes,omitempty"`
	Accurate bool `json:"accurate,omitempty"`
	Recover  bool `json:"recover,omitempty"`
}

// InputNames names the inputs.
func (op *DecodeJPEGWindow) InputNames() []string { return []string{"contents", "window"} }

// Infer checks C1 to C4.
func (op *DecodeJPEGWindow) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := wantFile("C1", in); err != nil {
		return nil, err
	}
	if w := in[1].Fact; !w.Type.Compatible(core.I32) || !w.Shape.Compatible(core.Shape{4}) {
		return nil, core.Violation("C2", 1, "got %v, want i32[4]", w)
	}
	if op.Channels == 4 {
		return nil, core.Violation("C3", -1, "channels: got 4, want 0, 1 or 3")
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
	return []core.Fact{{Type: core.U8, Shape: image}}, nil
}

// Eval decodes the window, and checks C5 and C6.
func (op *DecodeJPEGWindow) Eval(in, out []*core.Tensor) error {
	file := in[0].Strings()[0]
	if formatOf(file) != jpegFormat {
		return core.Violation("C5", 0, "the file has another format, want JPEG")
	}
	w := in[1].Int64s()
	o := jpeg.Options{
		Channels: op.Channels, Ratio: op.Ratio, Boxes: op.Boxes, Accurate: op.Accurate, Recover: op.Recover,
		Window: &jpeg.Window{Y: int(w[0]), X: int(w[1]), Height: int(w[2]), Width: int(w[3])},
	}
	c := canvas{op: op, typ: core.U8, depth: 8}
	err := decodeJPEG(op, file, o, c.allocate)
	if window, ok := err.(*jpeg.WindowError); ok {
		return core.Violation("C6", 1, "%v", window)
	}
	if err = blameFile("C5", err); err != nil {
		return err
	}
	return c.finish(out)
}
