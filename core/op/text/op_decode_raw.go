package text

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[DecodeRaw]("DecodeRaw")

// DecodeRaw takes the bytes of strings for numbers.
//
//	Inputs:  x: string, any shape
//	Outputs: y: Type; the shape of x, and behind it the numbers of a string: 0 without strings
//
//	C1: x has strings
//	C2: Type has numbers or booleans
//	C3: the strings have one length, which is a multiple of the size of Type
//	C4: a boolean is 0 or 1
//
// It is TensorFlow's DecodeRaw.
type DecodeRaw struct {
	Type      core.Type `json:"type"`
	BigEndian bool      `json:"big_endian,omitempty"`
}

// Infer checks C1 and C2.
func (op *DecodeRaw) Infer(in []core.Operand) ([]core.Fact, error) {
	if op.Type.Size() == 0 || op.Type.IsComplex() {
		return nil, core.Violation("C2", -1, "got %v, want numbers or booleans", op.Type)
	}
	facts, err := inferEach(in, op.Type)
	if err == nil && facts[0].Shape.Ranked() {
		facts[0].Shape = append(facts[0].Shape.Clone(), core.Unknown)
	}
	return facts, err
}

// Eval takes the bytes, and checks C3 and C4.
func (op *DecodeRaw) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	size, length := op.Type.Size(), 0
	for i, s := range in[0].Strings() {
		if i == 0 {
			length = len(s)
		}
		if len(s) != length {
			return core.Violation("C3", 0, "got %d bytes at %d, want %d as the first string has", len(s), i, length)
		}
	}
	if length%size != 0 {
		return core.Violation("C3", 0, "got strings of %d bytes, want a multiple of %d, the size of %v", length, size,
			op.Type)
	}
	facts[0].Shape[len(facts[0].Shape)-1] = length / size
	if out[0] == nil {
		if out[0], err = core.BoundedTensor(op, facts[0]); err != nil {
			return err
		}
	}
	y := out[0].Bytes()
	for i, s := range in[0].Strings() {
		copy(y[i*length:], s)
	}
	if op.Type == core.Bool {
		if i := slices.IndexFunc(y, func(b byte) bool { return b > 1 }); i >= 0 {
			return core.Violation("C4", 0, "got byte %d for boolean %d, want 0 or 1", y[i], i)
		}
	}
	if op.BigEndian {
		for i := 0; i < len(y); i += size {
			slices.Reverse(y[i : i+size])
		}
	}
	return nil
}
