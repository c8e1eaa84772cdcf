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

	// The bytes of an element of x, of y and of the result, and what y and the result have besides. bits says that
	// y has a bit for each element.
	x, y, out, allY, allOut int
	bits                    bool
}

// of returns the variant of a primitive that computes the given number of elements per step.
func of(p Primitive, step int, i isa.ISA, run func(out, x, y []byte, n int, p *Numbers)) Variant {
	v := Variant{Info: variant.Info{Does: p.does(), NR: step, ISA: i}, Primitive: p, run: run}
	v.x, v.out = p.sizes()
	v.allOut = p.results(0)
	switch {
	case p.isBinary():
		v.y = p.ySize()
	case p == Lookup:
		v.allY = 256
	case p == FixedPoint:
		v.allY = 16
	case p == Softmax:
		v.allY = 8
	case p == Estimate:
		v.bits = true
	case p == Rescale:
		v.allY = 56
	case p == Affine:
		v.allY = 12
	case p == WholeU8:
		v.allY = 4
	case primitives[p].role == folding:
		v.out = 0
	}
	return v
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

// Size returns the bytes of an element of x.
func (v *Variant) Size() int { return v.x }

// Run computes n elements. It panics if a slice is too short for them. out may be x or y if their elements have the
// same size as those of out; then the other may also be a later part of out. Estimate also writes y, a bit for each
// element, the lowest first: whether t, which is Zero where x*Scale is 0, clamped, is further than Back from a whole
// number, or NaN, whose byte is 0 ^ Flip.
func (v *Variant) Run(out, x, y []byte, n int, p *Numbers) {
	if n <= 0 {
		return
	}
	xs, ys, os := n*v.x, n*v.y+v.allY, n*v.out+v.allOut
	switch {
	case v.bits:
		ys = (n + 7) / 8
	case v.Primitive == MultiplyAdd:
		ys += p.Second
	}
	// This checks lengths, not capacities: after the end of a buffer lies another buffer.
	if len(x) < xs || len(out) < os || len(y) < ys {
		panic(fmt.Sprintf("elementwise: %s: got %d, %d and %d bytes for %d elements", v.Name, len(out), len(x), len(y), n))
	}
	if v.Primitive == Softmax && (RowLength(y) <= 0 || n%RowLength(y) != 0) {
		panic(fmt.Sprintf("elementwise: %s: got %d elements for rows of %d", v.Name, n, RowLength(y)))
	}
	v.run(out[:os], x[:xs], y[:ys], n, p)
}
