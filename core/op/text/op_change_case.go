package text

import (
	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[ChangeCase]("StringCase")

// ChangeCase makes the ASCII letters of strings lower case or, if Upper is set, upper case. Other bytes stay.
//
//	Inputs:  x: string, any shape
//	Outputs: y: string, the shape of x
//
//	C1: x has strings
//
// It is TensorFlow's StringLower and StringUpper without an encoding.
type ChangeCase struct {
	Upper bool `json:"upper,omitempty"`
}

// Infer checks C1.
func (op *ChangeCase) Infer(in []core.Operand) ([]core.Fact, error) {
	return inferEach(in, core.String)
}

// Eval changes the letters.
func (op *ChangeCase) Eval(in, out []*core.Tensor) error {
	first := byte('A')
	if op.Upper {
		first = 'a'
	}
	return evalText(op, in, out, func(s string) string {
		b := []byte(s)
		for i, c := range b {
			if c >= first && c-first < 26 {
				b[i] ^= 'a' - 'A'
			}
		}
		return string(b)
	})
}
