package sdepthwise

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// does is the Info.Does of all variants of this family.
const does = "depthwise_f32f32_f32"

// Variant is one implementation: a kernel and its tile of one pixel and NR channels.
type Variant struct {
	variant.Info

	run func(p *Packed, a *Args, m0, m1 int)
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sdepthwise",
	Variant{Info: variant.Info{Does: does, MR: 1, NR: 1}, run: runPortable},
)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant within s.
func Choose(s isa.Set) *Variant { return variants.Choose(s, does) }
