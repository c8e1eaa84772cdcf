package pool

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Variant is one implementation of one kind.
type Variant struct {
	Name string // datatype_family_epilogue_tile_isa, see docs/KERNELS.md
	Kind Kind
	ISA  isa.ISA
	NR   int // bytes of its largest block of channels

	run func(v *Variant, a *Args, m0, m1 int)
}

// variants holds every variant of this build, for each kind the fastest first. Dispatch,
// tests and benchmarks go through it.
var variants = append(native,
	Variant{Name: "pool_u8_max_1x1_portable", Kind: MaxU8, ISA: isa.Portable, NR: 1, run: runPortable},
	Variant{Name: "pool_s8_max_1x1_portable", Kind: MaxI8, ISA: isa.Portable, NR: 1, run: runPortable},
	Variant{Name: "pool_f32_max_1x1_portable", Kind: MaxF32, ISA: isa.Portable, NR: 4, run: runPortable},
	Variant{Name: "pool_u8_average_1x1_portable", Kind: AverageU8, ISA: isa.Portable, NR: 1, run: runPortable},
	Variant{Name: "pool_s8_average_1x1_portable", Kind: AverageI8, ISA: isa.Portable, NR: 1, run: runPortable},
	Variant{Name: "pool_f32_average_1x1_portable", Kind: AverageF32, ISA: isa.Portable, NR: 4, run: runPortable},
	Variant{Name: "pool_f32_mean_1x1_portable", Kind: MeanF32, ISA: isa.Portable, NR: 4, run: runPortable},
)

// Variants returns a copy of the table of variants, in its order.
func Variants() []Variant { return slices.Clone(variants) }

// Choose returns the fastest variant of a kind within s.
func Choose(s isa.Set, k Kind) *Variant {
	for i := range variants {
		if v := &variants[i]; v.Kind == k && s.Has(v.ISA) {
			return v
		}
	}
	panic("pool: no variant of kind " + k.String())
}
