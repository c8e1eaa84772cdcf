package gemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// does is what every variant does.
const does = "gemm_u8s8_chain"

// Variant is one implementation: a kernel, the packing that it reads, and its tile of MR
// rows and NR columns, which takes KR bytes of K in a step.
type Variant struct {
	variant.Info

	pack    func(p *Packed, weights []int8)
	run     func(p *Packed, a Args, m0, m1, panel0, panel1 int)
	scratch func(p *Packed) int // nil: none
	suits   func(s Spec) bool   // nil: every product
	limit   loop
}

// variants holds every variant of this build; those in assembly add themselves.
var variants = variant.New("gemm",
	Variant{
		Info: variant.Info{Does: does, MR: 4, NR: laneCols, KR: 1},
		pack: packLanes, run: runPortable, limit: loopPortable,
	},
)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant within i for a product. Most variants are for every size: each
// computes few rows in smaller tiles, and few columns in a narrower panel.
func Choose(i isa.Set, s Spec) *Variant {
	for _, v := range variants.Within(i) {
		if v.suits == nil || v.suits(s) {
			return v
		}
	}
	panic("gemm: there is no portable variant")
}
