package depthwise

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// does is the Info.Does of all variants of this family.
const does = "depthwise_u8s8_chain"

// Variant is one implementation: a kernel, the packing that it reads, and its tile of MR
// pixels and NR channels.
type Variant struct {
	variant.Info

	pack func(p *Packed, weights []int8)
	run  func(p *Packed, a Args, m0, m1 int)
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("depthwise",
	Variant{Info: variant.Info{Does: does, MR: 1, NR: portableBlock}, pack: packPortable, run: runPortable},
)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant within s.
func Choose(s isa.Set) *Variant { return variants.Choose(s, does) }
