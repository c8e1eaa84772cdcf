package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Join]("StringJoin")

// Join joins strings element by element.
//
//	y[i] = x0[i] Separator x1[i] Separator x2[i] ...
//
//	Inputs:  any number of x: string, all of one shape, or []
//	Outputs: y: string, that shape; [] without inputs
//
//	C1: each x has strings
//	C2: each x has the one shape, or []
//
// It is TensorFlow's StringJoin.
type Join struct {
	Separator string `json:"separator,omitempty"`
}

// Infer checks C1 and C2.
func (op *Join) Infer(in []core.Operand) ([]core.Fact, error) {
	shape, unknown := core.Shape{}, false
	for i, o := range in {
		if err := wantStrings("C1", in, i); err != nil {
			return nil, err
		}
		switch {
		case !o.Shape.Ranked():
			unknown = true
		case len(o.Shape) == 0:
		case len(shape) == 0:
			shape = o.Shape
		default:
			merged, ok := shape.Merge(o.Shape)
			if !ok {
				return nil, core.Violation("C2", i, "got shape %v, want [] or %v as others", o.Shape, shape)
			}
			shape = merged
		}
	}
	if unknown && len(shape) == 0 {
		shape = nil
	}
	return []core.Fact{{Type: core.String, Shape: shape}}, nil
}

// Eval joins the strings.
func (op *Join) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	parts := make([]string, len(in))
	for i := range out[0].Strings() {
		for k, x := range in {
			parts[k] = x.Strings()[i%x.Len()]
		}
		out[0].Strings()[i] = strings.Join(parts, op.Separator)
	}
	return nil
}
