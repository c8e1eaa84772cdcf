package gemm

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// does is the Info.Does of all variants of this family.
const does = "gemm_u8s8_chain"

// Variant is one implementation: a kernel, the packing that it reads, and its tile of MR rows and NR columns, which
// consumes KR bytes of K per step.
type Variant struct {
	variant.Info

	pack    func(p *Packed, weights []int8)
	run     func(p *Packed, a Args, m0, m1, panel0, panel1 int)
	scratch func(p *Packed) int // nil if it needs none
	// suits reports whether it suits a product with images of size g; nil if it suits every product.
	suits func(s Spec, g Grid) bool
	// computes reports whether it can compute a product at all; nil if it can compute every product.
	computes func(s Spec) bool
	orders   bool // it takes Args.Order
	masks    bool // it stores a part of a panel's columns in C by itself
	gathers  bool // it first copies the taps of its rows side by side, if they are several
	// tileRows returns at which multiples of rows it is best to divide images of size g; nil if at those of MR.
	tileRows func(g Grid) int
	limit    loop
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("gemm",
	Variant{
		Info: variant.Info{Does: does, MR: 4, NR: laneCols, KR: 1},
		pack: packLanes, run: runPortable, limit: loopPortable,
	},
)

// Orders reports whether the variant takes Args.Order.
func (v *Variant) Orders() bool { return v.orders }

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant for a product, given the instruction sets i. Most variants suit every size: they
// compute few rows in smaller tiles, and few columns in a narrower panel. g is Args.Grid.
func Choose(i isa.Set, s Spec, g Grid) *Variant {
	for _, v := range variants.Within(i) {
		if v.Superseded(i) != isa.Portable {
			continue
		}
		if v.suits == nil || v.suits(s, g) {
			return v
		}
	}
	panic("gemm: there is no portable variant")
}
