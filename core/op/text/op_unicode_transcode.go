package text

import "github.com/tf2ng/tf2ng/core"

var _ = core.Register[UnicodeTranscode]("UnicodeTranscode")

// UnicodeTranscode brings strings from one encoding into another.
//
//	Inputs:  x: string, any shape
//	Outputs: y: string, the shape of x
//
//	C1: x has strings, whose bytes are characters if Errors is Strict, and no controls if these are to be replaced
//	C2: From is UTF-8, UTF-16-BE, UTF-16-LE, UTF-32-BE, UTF-32-LE, US-ASCII or ISO-8859-1, maybe without hyphens
//	C3: Errors is one of its values, and Replacement a character
//	C4: To is UTF-8, UTF-16-BE or UTF-32-BE
//
// It is TensorFlow's UnicodeTranscode.
type UnicodeTranscode struct {
	From string `json:"from"`
	To   string `json:"to"`
	Tolerance
}

// Infer checks C1 to C4.
func (op *UnicodeTranscode) Infer(in []core.Operand) ([]core.Fact, error) {
	facts, err := inferEach(in, core.String)
	if err != nil {
		return nil, err
	}
	if appenders[op.To] == nil {
		return nil, core.Violation("C4", -1, "to: got %.40q, want UTF-8, UTF-16-BE or UTF-32-BE", op.To)
	}
	return facts, checkDecoding(in, op.From, &op.Tolerance)
}

// Eval decodes and encodes character by character.
func (op *UnicodeTranscode) Eval(in, out []*core.Tensor) error {
	decode, write := decoderOf(op.From), appenders[op.To]
	return evalRoomy(op, in, out, func(s string) (string, error) {
		var b []byte
		for at := 0; at < len(s); {
			r, n, bad := decode(s[at:])
			r, kept, err := op.keep("C1", r, bad || op.ReplaceControls && r <= 0x1f)
			if err != nil {
				return "", err
			}
			if kept {
				b = write(b, r)
			}
			at += n
		}
		return string(b), nil
	})
}
