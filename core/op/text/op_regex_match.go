package text

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[RegexMatch]("RegexMatch")

// RegexMatch tells which strings of bytes a regular expression of RE2's syntax matches from their beginning to their
// end.
//
//	Inputs:  x: string, any shape
//	         pattern: string, []
//	Outputs: y: bool, the shape of x
//
//	C1: x has strings
//	C2: pattern is a string, an expression of RE2 without \C
//
// It is TensorFlow's RegexFullMatch.
type RegexMatch struct{}

// InputNames names the inputs.
func (op *RegexMatch) InputNames() []string { return []string{"x", "pattern"} }

// Infer checks C1 and C2.
func (op *RegexMatch) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := wantPattern(in); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.Bool, Shape: in[0].Shape}}, nil
}

// Eval matches each string.
func (op *RegexMatch) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	re, err := newRegex(in[1].Strings()[0])
	if err != nil {
		return err
	}
	if err := re.compile(`\A(?:`, `)\z`); err != nil {
		return err
	}
	y := core.Data[bool](out[0])
	for i, s := range in[0].Strings() {
		y[i] = re.bytes.MatchString(asRunes(s))
	}
	return nil
}
