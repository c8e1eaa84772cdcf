// Package dtype has the types of the numbers that micro-kernels compute with.
package dtype

// Type is the type of a number in memory. The zero value, None, is that of what no kernel computes with.
type Type uint8

// The types. A boolean is a U8 that is 0 or 1.
const (
	None Type = iota
	U8
	I8
	U16
	I16
	U32
	I32
	I64
	U64
	BF16
	F16
	F32
	F64
	Count // of the types
)

var types = [Count]struct {
	name string
	size int
}{
	None: {"none", 0}, U8: {"u8", 1}, I8: {"s8", 1}, U16: {"u16", 2}, I16: {"s16", 2}, U32: {"u32", 4}, I32: {"s32", 4},
	I64: {"s64", 8}, U64: {"u64", 8}, BF16: {"bf16", 2}, F16: {"f16", 2}, F32: {"f32", 4}, F64: {"f64", 8},
}

// String returns the name of the type in those of kernels.
func (t Type) String() string { return types[t].name }

// Size returns the bytes of a number.
func (t Type) Size() int { return types[t].size }
