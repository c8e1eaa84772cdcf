package sgemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// The Info.Does of the variants of this family.
const (
	does     = "gemm_f32f32_f32"
	doesBF16 = "gemm_bf16bf16_f32"
)

// Variant is one implementation: a kernel and its tile of MR rows and NR columns, which consumes KR numbers of K per
// step. B is packed in panels of NR columns.
type Variant struct {
	variant.Info

	suits   func(s Spec) bool // nil if it suits every product of its types
	run     func(p *Packed, a *Args, r Rows, panel0, panel1 int)
	widen   func(to []float32, from []uint16) (n int) // widens the first n of some pairs; nil if there is none
	flushes bool                                      // Packed has no subnormal weights, and the exponent of the least one
}

// Pairs reports whether it reads pairs of bf16.
func (v *Variant) Pairs() bool { return v.Does == doesBF16 && v.KR == 2 }

// NumberSize returns the bytes of a number of A: 2 if pairs of bf16 are read, where Spec.Run must be even unless it is
// TapNumbers, and 4 if float32. Numbers of bf16 that are read as float32 must be in the order of the sums (Widen).
func (v *Variant) NumberSize() int {
	if v.Pairs() {
		return 2
	}
	return 4
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sgemm",
	Variant{Info: variant.Info{Does: does, MR: 2, NR: portableCols, KR: 1}, run: runPortable},
	Variant{Info: variant.Info{Does: doesBF16, MR: 2, NR: portableCols, KR: 1}, run: runPortableBF16, flushes: true},
)

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
	want := does
	if s.BF16 {
		want = doesBF16
	}
	for _, v := range variants.Within(i) {
		if v.Does == want && (v.suits == nil || v.suits(s)) {
			return v
		}
	}
	panic("sgemm: there is no portable variant")
}
