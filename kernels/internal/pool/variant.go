package pool

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Variant is one implementation of one kind: its tile is one pixel and NR channels.
type Variant struct {
	variant.Info
	Kind Kind

	run func(v *Variant, a *Args, m0, m1 int)
}

// of returns the variant of a kind that computes the given number of channels at a time.
func of(k Kind, channels int, i isa.ISA, run func(v *Variant, a *Args, m0, m1 int)) Variant {
	return Variant{Info: variant.Info{Does: k.does(), MR: 1, NR: channels, ISA: i}, Kind: k, run: run}
}

// does returns the Info.Does of the variants of a kind.
func (k Kind) does() string { return "pool_" + k.String() }

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("pool", func() (all []Variant) {
	for k := range numKinds {
		all = append(all, of(k, 1, isa.Portable, runPortable))
	}
	return all
}()...)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant of a kind within s.
func Choose(s isa.Set, k Kind) *Variant { return variants.Choose(s, k.does()) }
