package sdepthwise

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// routine filters width channels of all rows of a call. It takes the call by value, so that the call stays on the
// stack.
type routine struct {
	width int
	run   func(c call)
}

// assembled returns the variant that consists of routines: the widest first, and each half as wide as the one before,
// down to leastBlock.
func assembled(t dtype.Type, i isa.ISA, routines ...routine) Variant {
	return of(t, routines[0].width, i, func(p *Packed, a *Args, m0, m1 int) {
		for i := range p.blocks {
			p.block(&p.blocks[i], routines, a, m0, m1)
		}
	})
}

// block filters the channels of a block with the routine of its width, if there is one.
func (p *Packed) block(b *block, routines []routine, a *Args, m0, m1 int) {
	first := p.spec.Type.Size() * b.first
	for _, r := range routines {
		if r.width == b.width {
			r.run(call{
				a: unsafe.Pointer(&a.A[first]), w: unsafe.Pointer(&b.weights[0]), c: unsafe.Pointer(&a.C[m0*a.LDC+first]),
				offsets: unsafe.Pointer(&a.Offsets[m0*p.spec.Taps]), ldc: a.LDC, taps: p.spec.Taps, rows: m1 - m0,
			})
			return
		}
	}
	p.portable(b, a, m0, m1)
}
