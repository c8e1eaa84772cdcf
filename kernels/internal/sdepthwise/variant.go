package sdepthwise

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Type says what is filtered.
type Type uint8

// The types.
const (
	F32 Type = iota
	F64
	I32
	numTypes
)

// typeNames are the Info.Does of the variants of each type.
var typeNames = [numTypes]string{"depthwise_f32f32_f32", "depthwise_f64f64_f64", "depthwise_s32s32_s32"}

// Size returns the bytes of a number.
func (t Type) Size() int {
	if t == F64 {
		return 8
	}
	return 4
}

// Variant is one implementation: a kernel and its tile of one pixel and NR channels.
type Variant struct {
	variant.Info
	Type Type

	run func(p *Packed, a *Args, m0, m1 int)
}

// of returns a variant that filters up to channels together.
func of(t Type, channels int, i isa.ISA, run func(p *Packed, a *Args, m0, m1 int)) Variant {
	return Variant{Info: variant.Info{Does: typeNames[t], MR: 1, NR: channels, ISA: i}, Type: t, run: run}
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("sdepthwise", func() (all []Variant) {
	for t := range numTypes {
		all = append(all, of(t, 1, isa.Portable, runPortable))
	}
	return all
}()...)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant of a type within s.
func Choose(s isa.Set, t Type) *Variant { return variants.Choose(s, typeNames[t]) }
