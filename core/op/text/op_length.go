package text

import (
	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[Length]("StringLength")

// Length counts the bytes of strings or, if Characters is set, the characters of UTF-8: the bytes that are not
// 10xxxxxx.
//
//	Inputs:  x: string, any shape
//	Outputs: y: i32, the shape of x
//
//	C1: x has strings
//
// It is TensorFlow's StringLength.
type Length struct {
	Characters bool `json:"characters,omitempty"`
}

// Infer checks C1.
func (op *Length) Infer(in []core.Operand) ([]core.Fact, error) { return inferEach(in, core.I32) }

// Eval counts.
func (op *Length) Eval(in, out []*core.Tensor) error {
	return evalEach(op, in, out, func(s string) int32 {
		if !op.Characters {
			return int32(len(s))
		}
		n := int32(0)
		for i := range len(s) {
			if !continues(s[i]) {
				n++
			}
		}
		return n
	})
}

// continues reports whether a byte belongs to the character of UTF-8 before it.
func continues(b byte) bool { return b&0xc0 == 0x80 }
