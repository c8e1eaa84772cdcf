package codec

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[DecodeBase64]("DecodeBase64")

// DecodeBase64 reads bytes that are written as text.
//
//	Inputs:  x: string, any shape
//	Outputs: y: string, the shape of x
//
//	C1: x has strings
//	C2: they are in the alphabet for URLs of RFC 4648; = may stand at the end of four characters
//
// It is TensorFlow's DecodeBase64.
type DecodeBase64 struct{}

// Infer checks C1.
func (op *DecodeBase64) Infer(in []core.Operand) ([]core.Fact, error) { return inferStrings(in) }

// Eval reads the texts, and checks C2.
func (op *DecodeBase64) Eval(in, out []*core.Tensor) error {
	return evalStrings(op, in, out, func(s string) (string, error) {
		if len(s)%4 == 0 {
			s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
		}
		if strings.ContainsAny(s, "\r\n") { // which the decoder passes over
			return "", errors.New("want no line breaks")
		}
		b, err := base64.RawURLEncoding.DecodeString(s)
		return string(b), err
	})
}
