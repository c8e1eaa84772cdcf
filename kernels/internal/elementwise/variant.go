package elementwise

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Variant is one implementation of a primitive: it computes NR elements per step.
type Variant struct {
	variant.Info
	Primitive Primitive

	// run computes n elements; out may be x or y.
	run func(out, x, y []byte, n int, p *Numbers)
}

// of returns the variant of a primitive that computes the given number of elements per step.
func of(p Primitive, step int, i isa.ISA, run func(out, x, y []byte, n int, p *Numbers)) Variant {
	return Variant{Info: variant.Info{Does: p.does(), NR: step, ISA: i}, Primitive: p, run: run}
}

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("elementwise", func() (all []Variant) {
	for p := range numPrimitives {
		step := 1
		if p == Lookup {
			step = lookupStep
		}
		all = append(all, of(p, step, isa.Portable, portable[p]))
	}
	return all
}()...)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant of a primitive within s.
func Choose(s isa.Set, p Primitive) *Variant { return variants.Choose(s, p.does()) }

// Run computes n elements. It panics if a slice is too short for them. out may be x or y if their elements have the
// same size as those of out; then the other may also be a later part of out.
func (v *Variant) Run(out, x, y []byte, n int, p *Numbers) {
	if n <= 0 {
		return
	}
	xs, _ := v.Primitive.sizes()
	os, ys := v.Primitive.results(n), 0
	switch {
	case v.Primitive.isBinary():
		ys = 4 * n
	case v.Primitive == Lookup:
		ys = 256
	case v.Primitive == FixedPoint:
		ys = 16
	case v.Primitive == Rescale:
		ys = 56
	case v.Primitive == Affine:
		ys = 12
	case v.Primitive == WholeU8:
		ys = 4
	}
	// This checks lengths, not capacities: after the end of a buffer lies another buffer.
	if len(x) < n*xs || len(out) < os || len(y) < ys {
		panic(fmt.Sprintf("elementwise: %s: got %d, %d and %d bytes for %d elements", v.Name, len(out), len(x), len(y), n))
	}
	v.run(out[:os], x[:n*xs], y[:ys], n, p)
}
