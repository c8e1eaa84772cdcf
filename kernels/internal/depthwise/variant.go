package depthwise

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Variant is one implementation: a kernel, the packing that it reads, and its tile.
type Variant struct {
	Name   string // datatype_family_epilogue_tile_isa, see docs/KERNELS.md
	ISA    isa.ISA
	MR, NR int // pixels and channels of its largest tile

	pack func(p *Packed, weights []int8)
	run  func(p *Packed, a Args, m0, m1 int)
}

// variants holds every variant of this build, the fastest first. Dispatch, tests and
// benchmarks go through it.
var variants = append(native,
	Variant{Name: "depthwise_u8s8_chain_1x64_portable", ISA: isa.Portable, MR: 1, NR: portableBlock, pack: packPortable, run: runPortable},
)

// Variants returns a copy of the table of variants, in its order.
func Variants() []Variant { return slices.Clone(variants) }

// Choose returns the fastest variant within s.
func Choose(s isa.Set) *Variant {
	for i := range variants {
		if s.Has(variants[i].ISA) {
			return &variants[i]
		}
	}
	return &variants[len(variants)-1]
}
