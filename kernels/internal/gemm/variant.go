package gemm

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Variant is one implementation: a kernel, the packing that it reads, and its tile.
type Variant struct {
	Name       string // datatype_family_epilogue_tile_isa, see docs/KERNELS.md
	ISA        isa.ISA
	MR, NR, KR int // rows and columns of its largest tile, and bytes of K per step

	pack    func(p *Packed, weights []int8)
	run     func(p *Packed, a Args, m0, m1, panel0, panel1 int)
	scratch func(p *Packed) int // nil: none
}

// variants holds every variant of this build, the fastest first. Dispatch, tests and
// benchmarks go through it.
var variants = append(native,
	Variant{
		Name: "gemm_u8s8_chain_4x3k1_portable", ISA: isa.Portable, MR: 4, NR: 3, KR: 1,
		pack: packLanes, run: runPortable,
	},
)

// Variants returns a copy of the table of variants, in its order.
func Variants() []Variant { return slices.Clone(variants) }

// Choose returns the fastest variant within s. It is the fastest for every size: each
// computes few rows in smaller tiles, and few columns in a narrower panel.
func Choose(s isa.Set) *Variant {
	for i := range variants {
		if s.Has(variants[i].ISA) {
			return &variants[i]
		}
	}
	return &variants[len(variants)-1]
}
