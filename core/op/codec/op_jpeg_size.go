package codec

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/op/codec/internal/jpeg"
)

var _ = core.Register[JPEGSize]("JPEGSize")

// JPEGSize tells the size of the image in a JPEG file.
//
//	Inputs:  contents: string, []
//	Outputs: size: Type, [3]: height, width and channels
//
//	C1: contents is one string
//	C2: Type is i32 or i64
//	C3: the file is a JPEG
//
// It is TensorFlow's ExtractJpegShape: of a file with several scans all are read.
type JPEGSize struct {
	Type core.Type `json:"type"`
}

// InputNames names the input.
func (op *JPEGSize) InputNames() []string { return []string{"contents"} }

// Infer checks C1 and C2.
func (op *JPEGSize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := wantFile("C1", in); err != nil {
		return nil, err
	}
	if op.Type != core.I32 && op.Type != core.I64 {
		return nil, core.Violation("C2", -1, "type: got %v, want i32 or i64", op.Type)
	}
	return []core.Fact{{Type: op.Type, Shape: core.Shape{3}}}, nil
}

// Eval reads the file's headers, and checks C3.
func (op *JPEGSize) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s, err := jpeg.SizeOf([]byte(in[0].Strings()[0]), func(working int64) error {
		return checkWorking(op, out[0].Fact(), working)
	})
	if err != nil {
		return blameFile("C3", err)
	}
	elements.SetInts(out[0], []int64{int64(s.Height), int64(s.Width), int64(s.Channels)})
	return nil
}
