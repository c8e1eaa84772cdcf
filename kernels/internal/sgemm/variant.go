package sgemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Type says what is multiplied.
type Type uint8

// The types.
const (
	F32  Type = iota
	BF16      // whose sums are float32
	F64
	I32
	I64
	numTypes
)

// typeNames are the Info.Does of the variants of each type.
var typeNames = [numTypes]string{
	"gemm_f32f32_f32", "gemm_bf16bf16_f32", "gemm_f64f64_f64", "gemm_s32s32_s32", "gemm_s64s64_s64",
}

// Size returns the bytes of a sum, and of a number of B as it is given.
func (t Type) Size() int {
	if t == F64 || t == I64 {
		return 8
	}
	return 4
}

// Variant is one implementation: a kernel and its tile of MR rows and NR columns, which consumes KR numbers of K per
// step. B is packed in panels of NR columns.
type Variant struct {
	variant.Info
	Type Type

	suits   func(s Spec) bool // nil if it suits every product of its type
	run     func(p *Packed, a *Args, r Rows, panel0, panel1 int)
	widen   func(to []float32, from []uint16) (n int) // widens the first n of some pairs; nil if there is none
	flushes bool                                      // Packed has no subnormal weights, and the exponent of the least one
}

// Pairs reports whether it reads pairs of bf16.
func (v *Variant) Pairs() bool { return v.Type == BF16 && v.KR == 2 }

// NumberSize returns the bytes of a number of A: 2 if pairs of bf16 are read, where Spec.Run must be even unless it is
// TapNumbers, and else Type.Size. Numbers of bf16 that are read as float32 must be in the order of the sums (Widen).
func (v *Variant) NumberSize() int {
	if v.Pairs() {
		return 2
	}
	return v.Type.Size()
}

// of returns what describes a variant.
func of(t Type, mr, nr, kr int, i isa.ISA) Variant {
	return Variant{Info: variant.Info{Does: typeNames[t], MR: mr, NR: nr, KR: kr, ISA: i}, Type: t}
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sgemm", func() []Variant {
	var all []Variant
	for t, run := range [numTypes]func(p *Packed, a *Args, r Rows, panel0, panel1 int){
		F32: inPlainGo(multiplyFloats), BF16: runPortableBF16, F64: inPlainGo(multiplyDoubles),
		I32: inPlainGo(multiplyWhole[int32]), I64: inPlainGo(multiplyWhole[int64]),
	} {
		v := of(Type(t), portableRows, portableCols, 1, isa.Portable)
		v.run, v.flushes = run, Type(t) == BF16
		all = append(all, v)
	}
	return all
}()...)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// preferPairs says whether the CPU multiplies pairs of bf16 faster than as many numbers of float32.
var preferPairs = isa.FastPairs()

// PreferPairs sets whether Choose prefers variants that multiply pairs of bf16, until restore is called: so that tests
// have both kinds on any CPU.
func PreferPairs(prefer bool) (restore func()) {
	before := preferPairs
	preferPairs = prefer
	return func() { preferPairs = before }
}

// Choose returns the fastest variant within i for a product.
func Choose(i isa.Set, s Spec) *Variant {
	for _, v := range variants.Within(i) {
		if v.Type == s.Type && (v.suits == nil || v.suits(s)) {
			return v
		}
	}
	panic("sgemm: there is no portable variant")
}
