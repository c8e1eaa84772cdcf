package core

import (
	"fmt"
	"math"
)

// Type is an element type. The zero value, Dynamic, is a type that is not known
// before compile time.
type Type uint8

// The element types.
const (
	Dynamic Type = iota
	Bool
	I8
	U8
	I16
	U16
	I32
	U32
	I64
	U64
	BF16
	F16
	F32
	F64
	String
	C64 // complex: a real and an imaginary part, each an f32
	C128
	numTypes
)

var typeInfo = [numTypes]struct {
	name string
	size int
}{
	Dynamic: {"dynamic", 0}, Bool: {"boolean", 1},
	I8: {"i8", 1}, U8: {"u8", 1}, I16: {"i16", 2}, U16: {"u16", 2},
	I32: {"i32", 4}, U32: {"u32", 4}, I64: {"i64", 8}, U64: {"u64", 8},
	BF16: {"bf16", 2}, F16: {"f16", 2}, F32: {"f32", 4}, F64: {"f64", 8},
	String: {"string", 0}, C64: {"c64", 8}, C128: {"c128", 16},
}

// String returns nGraph's short name: i8, u8, f32, ...
func (t Type) String() string {
	if t < numTypes {
		return typeInfo[t].name
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Size returns the bytes of one element; 0 for Dynamic, String and invalid values.
func (t Type) Size() int {
	if t < numTypes {
		return typeInfo[t].size
	}
	return 0
}

// IsFloat reports whether t is one of the real types.
func (t Type) IsFloat() bool { return t >= BF16 && t <= F64 }

// IsComplex reports whether t is one of the complex types.
func (t Type) IsComplex() bool { return t == C64 || t == C128 }

// Part returns the type of the real and the imaginary part of a complex type, and t itself for any other.
func (t Type) Part() Type {
	switch t {
	case C64:
		return F32
	case C128:
		return F64
	}
	return t
}

// IsHalf reports whether t is one of the real types of 16 bits.
func (t Type) IsHalf() bool { return t == BF16 || t == F16 }

// IsInteger reports whether t is a signed or unsigned integer type (not Bool).
func (t Type) IsInteger() bool { return t >= I8 && t <= U64 }

// IsSigned reports whether t is a signed integer type.
func (t Type) IsSigned() bool { return t == I8 || t == I16 || t == I32 || t == I64 }

// Bounds returns the lowest and the highest value of an integer type of at most
// 32 bits.
func (t Type) Bounds() (lo, hi int64) {
	switch t {
	case I8:
		return math.MinInt8, math.MaxInt8
	case U8:
		return 0, math.MaxUint8
	case I16:
		return math.MinInt16, math.MaxInt16
	case U16:
		return 0, math.MaxUint16
	case I32:
		return math.MinInt32, math.MaxInt32
	case U32:
		return 0, math.MaxUint32
	}
	panic("core: no 32-bit bounds for " + t.String())
}

// Compatible reports whether two types can be the same once both are known.
func (t Type) Compatible(u Type) bool { return t == u || t == Dynamic || u == Dynamic }

// MarshalText writes the name, which stands for the Type in JSON.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText parses a type's name.
func (t *Type) UnmarshalText(b []byte) error {
	for i, info := range typeInfo {
		if info.name == string(b) {
			*t = Type(i)
			return nil
		}
	}
	return fmt.Errorf("unknown element type %q", b)
}
