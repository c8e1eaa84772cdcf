package text

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[UnicodeEncode]("UnicodeEncode")

// UnicodeEncode makes strings of the characters in the rows of a ragged tensor.
//
//	Inputs:  characters: i32, [n]
//	         splits: i32 or i64, [rows+1]
//	Outputs: y: string, [rows]
//
//	C1: characters are i32, a vector, and characters if Errors is Strict
//	C2: splits are i32 or i64, a vector that is not empty, from 0 up to n without a decrease
//	C3: Encoding is UTF-8, UTF-16-BE or UTF-32-BE
//	C4: Errors is one of its values, and Replacement a character
//
// It is TensorFlow's UnicodeEncode.
type UnicodeEncode struct {
	Encoding string `json:"encoding"`
	Tolerance
}

// InputNames names the inputs.
func (op *UnicodeEncode) InputNames() []string { return []string{"characters", "splits"} }

// Infer checks the types and shapes, C3 and C4.
func (op *UnicodeEncode) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if !in[0].Type.Compatible(core.I32) || !in[0].Shape.Compatible(core.Shape{core.Unknown}) {
		return nil, core.Violation("C1", 0, "got %v, want a vector of i32", in[0].Fact)
	}
	if err := infer.CheckIndexVector("C2", in, 1); err != nil {
		return nil, err
	}
	if appenders[op.Encoding] == nil {
		return nil, core.Violation("C3", -1, "encoding: got %.40q, want UTF-8, UTF-16-BE or UTF-32-BE", op.Encoding)
	}
	rows := core.Unknown
	if s := in[1].Shape; s.Static() {
		if rows = s[0] - 1; rows < 0 {
			return nil, core.Violation("C2", 1, "got no splits, want one or more")
		}
	}
	return []core.Fact{{Type: core.String, Shape: core.Shape{rows}}}, op.check("C4")
}

// Eval encodes row by row.
func (op *UnicodeEncode) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	splits, characters := in[1].Int64s(), core.Data[int32](in[0])
	if err := checkSplits("C2", splits, len(characters)); err != nil {
		return err
	}
	var b []byte
	for i := range out[0].Strings() {
		b = b[:0]
		for _, r := range characters[splits[i]:splits[i+1]] {
			r, kept, err := op.keep("C1", r, r < 0 || r > 0x10ffff || r >= 0xd800 && r < 0xe000)
			if err != nil {
				return err
			}
			if kept {
				b = appenders[op.Encoding](b, r)
			}
		}
		out[0].Strings()[i] = string(b)
	}
	return nil
}
