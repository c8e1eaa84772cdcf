// Package loops computes with integers of all sizes, booleans and float64. Each function has one plain loop, which is
// compiled for each type. Where that is slow, there are vector routines for some instruction sets, which give the same
// bits. The functions of the package return the fastest kernel within a set.
package loops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Kernel is what computes a function, of type F. Its name has the function, the types and the instruction set.
type Kernel[F any] struct {
	variant.Info
	Run F // nil if nothing computes the function, which then has no name either
}

// kernelOf returns the kernel of what it does that runs on an instruction set.
func kernelOf[F any](does string, i isa.ISA, run F) Kernel[F] {
	return Kernel[F]{variant.Info{Family: "loops", Does: does, ISA: i, Name: does + "_" + i.String()}, run}
}

// named returns the kernel of a function of a type that runs on an instruction set.
func named[F any](f fmt.Stringer, t dtype.Type, i isa.ISA, run F) Kernel[F] {
	return kernelOf(fmt.Sprintf("%v_%v", f, t), i, run)
}

// Has reports whether the package has functions of numbers of a type. They take no other types.
func Has(t dtype.Type) bool { return t != dtype.None && t != dtype.BF16 && t != dtype.F16 }

type whole interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | int64 | uint64
}

type signed interface{ int8 | int16 | int32 | int64 }

func isReal(t dtype.Type) bool { return t == dtype.F32 || t == dtype.F64 }

// isSigned reports whether integers have a sign, as float64 has.
func isSigned(t dtype.Type) bool {
	return t == dtype.I8 || t == dtype.I16 || t == dtype.I32 || t == dtype.I64 || t == dtype.F64
}

type real interface{ float32 | float64 }

type number interface{ whole | real }
