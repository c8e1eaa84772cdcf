package indexing

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Unique]("Unique")

// Unique lists the distinct elements of a vector, or slices along the first axis, in the order of their first
// appearance.
//
//	Inputs:  x: any type, [n, ...]
//	Outputs: y: the type of x, [how many differ, ...]
//	         index: Type, [n]: the place in y of each slice of x
//
//	C1: x has rank 1 or more
//	C2: Type is i32 or i64
//
// A NaN differs from all. 0 and -0 are equal in f32 and f64, and differ in bf16 and f16. It is TensorFlow's Unique, and
// UniqueV2 along the first axis.
type Unique struct {
	Type core.Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *Unique) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if s.Ranked() && len(s) < 1 {
		return nil, core.Violation("C1", 0, "got shape %v, want rank 1 or more", s)
	}
	if op.Type != core.I32 && op.Type != core.I64 {
		return nil, core.Violation("C2", -1, "type: got %v, want i32 or i64", op.Type)
	}
	if in[0].Type.IsComplex() {
		return nil, core.Violation("C1", 0, "got type %v, want one that is not complex", in[0].Type)
	}
	index := core.Fact{Type: op.Type, Shape: core.Shape{core.Unknown}}
	if !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}, index}, nil
	}
	index.Shape[0] = s[0]
	return []core.Fact{{Type: in[0].Type, Shape: infer.JoinedShapes(core.Shape{core.Unknown}, s[1:])}, index}, nil
}

// Eval compares the bits of the slices, of which each number has one form, or their strings.
func (op *Unique) Eval(in, out []*core.Tensor) error {
	x := in[0]
	s := x.Shape()
	length := core.Shape(s[1:]).MustElements()
	index := make([]int64, s[0])
	var first []int
	if length == 1 && x.Type() != core.String {
		first = distinctNumbers(x, index)
	} else {
		first = distinctSlices(x, length, index)
	}
	if err := elements.Ensure(out, 0, x.Type(), infer.JoinedShapes(core.Shape{len(first)}, s[1:])); err != nil {
		return err
	}
	if err := elements.Ensure(out, 1, op.Type, core.Shape{s[0]}); err != nil {
		return err
	}
	for to, from := range first {
		elements.CopyUnit(out[0], to*length, x, from*length, length)
	}
	elements.SetInts(out[1], index)
	return nil
}

// distinctNumbers sets index to the place of each element among the distinct ones, and returns where these are.
func distinctNumbers(x *core.Tensor, index []int64) (first []int) {
	seen := map[uint64]int64{}
	for i := range index {
		bits, nan := bitsOf(x, i)
		number, known := seen[bits]
		if nan || !known {
			number = int64(len(first))
			first = append(first, i)
		}
		if !nan && !known {
			seen[bits] = number
		}
		index[i] = number
	}
	return first
}

// distinctSlices is distinctNumbers of slices of a length.
func distinctSlices(x *core.Tensor, length int, index []int64) (first []int) {
	seen := map[string]int64{}
	var key []byte
	for i := range index {
		key = key[:0]
		nan := false
		for k := range length {
			if x.Type() == core.String {
				text := x.Strings()[i*length+k]
				key = append(binary.AppendUvarint(key, uint64(len(text))), text...)
				continue
			}
			bits, no := bitsOf(x, i*length+k)
			key, nan = binary.LittleEndian.AppendUint64(key, bits), nan || no
		}
		number, known := seen[string(key)]
		if nan || !known {
			number = int64(len(first))
			first = append(first, i)
		}
		if !nan && !known {
			seen[string(key)] = number
		}
		index[i] = number
	}
	return first
}

// bitsOf returns bits that equal elements have in common, and whether element i is a NaN.
func bitsOf(x *core.Tensor, i int) (bits uint64, nan bool) {
	b := x.Bytes()
	switch x.Type().Size() {
	case 1:
		return uint64(b[i]), false
	case 2:
		v := binary.LittleEndian.Uint16(b[2*i:])
		nan = x.Type() == core.F16 && v&0x7fff > 0x7c00 || x.Type() == core.BF16 && v&0x7fff > 0x7f80
		return uint64(v), nan
	case 4:
		v := binary.LittleEndian.Uint32(b[4*i:])
		if x.Type() != core.F32 {
			return uint64(v), false
		}
		if v == 1<<31 {
			v = 0
		}
		return uint64(v), v&(1<<31-1) > 0x7f800000
	}
	v := binary.LittleEndian.Uint64(b[8*i:])
	if x.Type() != core.F64 {
		return v, false
	}
	if v == 1<<63 {
		v = 0
	}
	return v, math.IsNaN(math.Float64frombits(v))
}
