package sgemm

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Size returns the bytes of a sum of numbers of a type, and of a number of B as it is given: of float32 for bf16.
func Size(t dtype.Type) int { return sumOf(t).Size() }

func sumOf(t dtype.Type) dtype.Type {
	if t == dtype.BF16 {
		return dtype.F32
	}
	return t
}

// Variant is one implementation: a kernel and its tile of MR rows and NR columns, which consumes KR numbers of K per
// step. B is packed in panels of NR columns.
type Variant struct {
	variant.Info
	Type dtype.Type

	suits   func(s Spec) bool // nil if it suits every product of its type
	run     func(p *Packed, a *Args, r Rows, panel0, panel1 int)
	pair    kernel                                    // computes two whole panels at once; nil if there is none
	widen   func(to []float32, from []uint16) (n int) // widens the first n of some pairs; nil if there is none
	flushes bool                                      // Packed has no subnormal weights, and the exponent of the least one
}

// Pairs reports whether it reads pairs of bf16.
func (v *Variant) Pairs() bool { return v.Type == dtype.BF16 && v.KR == 2 }

// NumberSize returns the bytes of a number of A: 2 if pairs of bf16 are read, where Spec.Run must be even unless it is
// TapNumbers, and else Size. Numbers of bf16 that are read as float32 must be in the order of the sums (Widen).
func (v *Variant) NumberSize() int {
	if v.Pairs() {
		return 2
	}
	return Size(v.Type)
}

// does returns the Info.Does of the variants of a type.
func does(t dtype.Type) string { return fmt.Sprintf("gemm_%v%v_%v", t, t, sumOf(t)) }

// of returns what describes a variant.
func of(t dtype.Type, mr, nr, kr int, i isa.ISA) Variant {
	return Variant{Info: variant.Info{Does: does(t), MR: mr, NR: nr, KR: kr, ISA: i}, Type: t}
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sgemm", func() []Variant {
	var all []Variant
	for _, p := range []struct {
		typ dtype.Type
		run func(p *Packed, a *Args, r Rows, panel0, panel1 int)
	}{
		{dtype.F32, runPortableFloats},
		{dtype.BF16, runPortableFloats},
		{dtype.F64, inPlainGo(multiplyDoubles)},
		{dtype.I32, inPlainGo(multiplyWhole[int32])},
		{dtype.I64, inPlainGo(multiplyWhole[int64])},
	} {
		v := of(p.typ, portableRows, portableCols, 1, isa.Portable)
		v.run, v.flushes = p.run, sumOf(p.typ) == dtype.F32
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

// Choose returns the fastest variant within i for a product, whose numbers are F32, BF16, F64, I32 or I64.
func Choose(i isa.Set, s Spec) *Variant {
	for _, v := range variants.Within(i) {
		if v.Type == s.Type && (v.suits == nil || v.suits(s)) {
			return v
		}
	}
	panic("sgemm: there is no portable variant")
}
