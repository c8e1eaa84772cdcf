// Package loops computes with integers of all sizes, booleans and float64. Each function has one plain loop, which is
// compiled for each type. Where that is slow, there are vector routines for some instruction sets, which give the same
// bits. The functions of the package return the fastest kernel within a set.
package loops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Kernel is what computes a function, of type F.
type Kernel[F any] struct {
	Name string
	Run  F // nil if nothing computes the function
}

// named returns the kernel of a function of a type that runs on an instruction set.
func named[F any](f fmt.Stringer, t Type, i isa.ISA, run F) Kernel[F] {
	return Kernel[F]{fmt.Sprintf("%v_%v_%v", f, t, i), run}
}

// Type is the type of an element.
type Type uint8

// The types. A boolean is a U8 that is 0 or 1.
const (
	U8 Type = iota
	I8
	U16
	I16
	U32
	I32
	I64
	U64
	F32
	F64
	numTypes
)

var types = [numTypes]struct {
	name string
	size int
}{
	U8: {"u8", 1}, I8: {"s8", 1}, U16: {"u16", 2}, I16: {"s16", 2}, U32: {"u32", 4}, I32: {"s32", 4}, I64: {"s64", 8},
	U64: {"u64", 8}, F32: {"f32", 4}, F64: {"f64", 8},
}

// String returns the name of the type in those of kernels.
func (t Type) String() string { return types[t].name }

// Size returns the bytes of an element.
func (t Type) Size() int { return types[t].size }

type whole interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | int64 | uint64
}

type signed interface{ int8 | int16 | int32 | int64 }

func (t Type) isReal() bool { return t == F32 || t == F64 }

// isSigned reports whether integers have a sign, as float64 has.
func (t Type) isSigned() bool { return t == I8 || t == I16 || t == I32 || t == I64 || t == F64 }

type real interface{ float32 | float64 }

type number interface{ whole | real }
