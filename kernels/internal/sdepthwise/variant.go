package sdepthwise

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// types are the types that are filtered.
var types = []dtype.Type{dtype.F32, dtype.F64, dtype.I32}

// Has reports whether numbers of a type can be filtered.
func Has(t dtype.Type) bool { return slices.Contains(types, t) }

// does returns the Info.Does of the variants of a type.
func does(t dtype.Type) string { return fmt.Sprintf("depthwise_%v%v_%v", t, t, t) }

// Variant is one implementation: a kernel and its tile of one pixel and NR channels.
type Variant struct {
	variant.Info
	Type dtype.Type

	run func(p *Packed, a *Args, m0, m1 int)
}

// of returns a variant that filters up to channels together.
func of(t dtype.Type, channels int, i isa.ISA, run func(p *Packed, a *Args, m0, m1 int)) Variant {
	return Variant{Info: variant.Info{Does: does(t), MR: 1, NR: channels, ISA: i}, Type: t, run: run}
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sdepthwise", func() (all []Variant) {
	for _, t := range types {
		all = append(all, of(t, 1, isa.Portable, runPortable))
	}
	return all
}()...)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant of a type, which the package must have, within s.
func Choose(s isa.Set, t dtype.Type) *Variant { return variants.Choose(s, does(t)) }
