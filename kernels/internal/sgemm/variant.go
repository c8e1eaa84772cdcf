package sgemm

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Variant is one implementation: a kernel and its tile. B is packed in panels of NR columns.
type Variant struct {
	Name   string // datatype_family_epilogue_tile_isa, see docs/KERNELS.md
	ISA    isa.ISA
	MR, NR int // rows and columns of its largest tile

	run func(p *Packed, a *Args, m0, m1, panel0, panel1 int)
}

// variants holds every variant of this build, the fastest first. Dispatch, tests and
// benchmarks go through it.
var variants = append(native,
	Variant{Name: "gemm_f32f32_f32_2x4k1_portable", ISA: isa.Portable, MR: 2, NR: portableCols, run: runPortable},
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
