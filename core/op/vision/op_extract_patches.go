package vision

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[ExtractPatches]("ExtractPatches")

// ExtractPatches lays the elements under a sliding window side by side in the channels;
// padding is 0.
//
//	Inputs:  x: any type but string, [N, H, W, C]
//	Outputs: y: the type of x, [N, rows, columns, window height * window width * C]
//
//	C1: x is not string, of rank 4
//	C2: Window has two sizes >= 1; Layout is NHWC; there are no data dilations
//	C3: the padded data is at least as large as the dilated window
//
// It is TensorFlow's ExtractImagePatches, and nGraph's op::v3::ExtractImagePatches.
type ExtractPatches struct {
	geometry.Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C3.
func (op *ExtractPatches) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(4)
	}
	if in[0].Type == core.String || len(s) != 4 {
		return nil, core.Violation("C1", 0, "got %v, want rank 4, not string", in[0].Fact)
	}
	if len(op.Window) != 2 || op.Layout != geometry.NHWC || len(op.DataDilations) != 0 || op.Window[0] < 1 ||
		op.Window[1] < 1 {
		return nil, core.Violation("C2", -1,
			"got window %v in layout %v with data dilations %v, want two sizes >= 1, NHWC, none",
			op.Window, op.Layout, op.DataDilations)
	}
	if err := op.Check(2); err != nil {
		return nil, err
	}
	depth := core.Unknown
	if s[3] != core.Unknown {
		n, err := core.Shape{op.Window[0], op.Window[1], s[3]}.Elements()
		if err != nil {
			return nil, core.Violation("C2", -1, "%v", err)
		}
		depth = n
	}
	out, err := op.OutShape(s, op.Window, depth)
	if err != nil {
		return nil, err
	}
	out, err = infer.CheckedShape(out)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// Eval copies pixel by pixel.
func (op *ExtractPatches) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	clear(out[0].Bytes())
	s := in[0].Shape()
	if out[0].Len() == 0 {
		return nil
	}
	axes, err := op.Axes(s, op.Window)
	if err != nil {
		return err
	}
	to := 0
	elements.EachIndex(core.Shape{s[0], axes[0].Out, axes[1].Out, op.Window[0], op.Window[1]}, func(i []int) {
		r, ok1 := axes[0].At(i[1], i[3])
		k, ok2 := axes[1].At(i[2], i[4])
		if ok1 && ok2 {
			elements.CopyUnit(out[0], to, in[0], ((i[0]*s[1]+r)*s[2]+k)*s[3], s[3])
		}
		to += s[3]
	})
	return nil
}
