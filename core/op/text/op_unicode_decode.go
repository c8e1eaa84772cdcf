package text

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[UnicodeDecode]("UnicodeDecode")

// UnicodeDecode gives the characters of strings, as a ragged tensor with a row for each string.
//
//	Inputs:  x: string, any shape
//	Outputs: splits: Splits, [elements of x + 1]: where the characters of each string begin
//	         characters: i32, [m]
//	         bytes: i64, [m]: where in its string each one begins
//
//	C1: x has strings, whose bytes are characters if Errors is Strict
//	C2: Encoding is UTF-8, UTF-16-BE, UTF-16-LE, UTF-32-BE, UTF-32-LE, US-ASCII or ISO-8859-1, maybe without hyphens
//	C3: Errors is one of its values, and Replacement a character
//	C4: Splits is i32 or i64
//
// It is TensorFlow's UnicodeDecodeWithOffsets.
type UnicodeDecode struct {
	Encoding string    `json:"encoding"`
	Splits   core.Type `json:"splits"`
	Tolerance
}

// Infer checks C1 to C4.
func (op *UnicodeDecode) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := checkDecoding(in, op.Encoding, &op.Tolerance); err != nil {
		return nil, err
	}
	if op.Splits != core.I32 && op.Splits != core.I64 {
		return nil, core.Violation("C4", -1, "splits: got %v, want i32 or i64", op.Splits)
	}
	rows := core.Unknown
	if in[0].Shape.Static() {
		n, err := in[0].Shape.Elements()
		if err != nil || n == core.MaxElements {
			return nil, core.Violation("C1", 0, "got shape %v, want fewer strings", in[0].Shape)
		}
		rows = n + 1
	}
	return []core.Fact{
		{Type: op.Splits, Shape: core.Shape{rows}},
		{Type: core.I32, Shape: core.Shape{core.Unknown}},
		{Type: core.I64, Shape: core.Shape{core.Unknown}},
	}, nil
}

// checkDecoding checks C1 to C3 of the ops that decode.
func checkDecoding(in []core.Operand, encoding string, errors *Tolerance) error {
	if err := wantStrings("C1", in, 0); err != nil {
		return err
	}
	if decoderOf(encoding) == nil {
		return core.Violation("C2", -1, "encoding: got %.40q, want UTF-8, UTF-16 or UTF-32 with -BE or -LE, US-ASCII or "+
			"ISO-8859-1", encoding)
	}
	return errors.check("C3")
}

// Eval counts the characters, and gives them.
func (op *UnicodeDecode) Eval(in, out []*core.Tensor) error {
	if _, err := op.Infer(core.OperandsOf(in)); err != nil {
		return err
	}
	decode, splits := decoderOf(op.Encoding), []int64{0}
	each := func(s string, f func(r rune, at int)) error {
		for at := 0; at < len(s); {
			r, n, bad := decode(s[at:])
			r, kept, err := op.keep("C1", r, bad)
			if err != nil {
				return err
			}
			if kept {
				f(r, at)
			}
			at += n
		}
		return nil
	}
	count := int64(0)
	for _, s := range in[0].Strings() {
		if err := each(s, func(rune, int) { count++ }); err != nil {
			return err
		}
		splits = append(splits, count)
	}
	for i, f := range []core.Fact{
		{Type: op.Splits, Shape: core.Shape{len(splits)}},
		{Type: core.I32, Shape: core.Shape{int(count)}},
		{Type: core.I64, Shape: core.Shape{int(count)}},
	} {
		if err := allocate(op, out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	elements.SetInts(out[0], splits)
	characters, bytes, next := core.Data[int32](out[1]), core.Data[int64](out[2]), 0
	for _, s := range in[0].Strings() {
		if err := each(s, func(r rune, at int) {
			characters[next], bytes[next] = r, int64(at)
			next++
		}); err != nil {
			return err
		}
	}
	return nil
}
