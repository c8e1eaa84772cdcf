package codec

import (
	"encoding/base64"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[EncodeBase64]("EncodeBase64")

// EncodeBase64 writes bytes as text, in the alphabet for URLs of RFC 4648, with = at the end if Pad is set.
//
//	Inputs:  x: string, any shape
//	Outputs: y: string, the shape of x
//
//	C1: x has strings
//
// It is TensorFlow's EncodeBase64.
type EncodeBase64 struct {
	Pad bool `json:"pad,omitempty"`
}

// Infer checks C1.
func (op *EncodeBase64) Infer(in []core.Operand) ([]core.Fact, error) { return inferStrings(in) }

// Eval writes the texts.
func (op *EncodeBase64) Eval(in, out []*core.Tensor) error {
	encoding := base64.RawURLEncoding
	if op.Pad {
		encoding = base64.URLEncoding
	}
	return evalStrings(op, in, out, func(s string) (string, error) { return encoding.EncodeToString([]byte(s)), nil })
}

// inferStrings infers an op that makes a string of each, C1.
func inferStrings(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != core.String && t != core.Dynamic {
		return nil, core.Violation("C1", 0, "got type %v, want string", t)
	}
	return []core.Fact{{Type: core.String, Shape: in[0].Shape}}, nil
}

// evalStrings evaluates an op that makes a string of each.
func evalStrings(op core.Op, in, out []*core.Tensor, f func(string) (string, error)) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	for i, s := range in[0].Strings() {
		t, err := f(s)
		if err != nil {
			return core.Violation("C2", 0, "got %.40q at %d: %v", s, i, err)
		}
		out[0].Strings()[i] = t
	}
	return nil
}
