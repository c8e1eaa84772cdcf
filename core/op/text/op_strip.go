package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[Strip]("StringStrip")

// Strip takes ASCII's white space off both ends of strings.
//
//	Inputs:  x: string, any shape
//	Outputs: y: string, the shape of x
//
//	C1: x has strings
//
// It is TensorFlow's StringStrip.
type Strip struct{}

// space is ASCII's white space.
const space = " \t\n\v\f\r"

// Infer checks C1.
func (op *Strip) Infer(in []core.Operand) ([]core.Fact, error) { return inferEach(in, core.String) }

// Eval strips the strings.
func (op *Strip) Eval(in, out []*core.Tensor) error {
	return evalText(op, in, out, func(s string) string { return strings.Trim(s, space) })
}
