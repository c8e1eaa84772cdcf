package sgemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// does is the Info.Does of all variants of this family.
const does = "gemm_f32f32_f32"

// Variant is one implementation: a kernel and its tile of MR rows and NR columns, which consumes KR numbers of K per
// step. B is packed in panels of NR columns.
type Variant struct {
	variant.Info

	suits func(s Spec) bool // nil if it suits every product
	run   func(p *Packed, a *Args, m0, m1, panel0, panel1 int)
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sgemm",
	Variant{Info: variant.Info{Does: does, MR: 2, NR: portableCols, KR: 1}, run: runPortable},
)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant within i for a product.
func Choose(i isa.Set, s Spec) *Variant {
	for _, v := range variants.Within(i) {
		if v.suits == nil || v.suits(s) {
			return v
		}
	}
	panic("sgemm: there is no portable variant")
}
