package pool

import (
	"slices"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// routine computes width bytes of channels of all pixels of a call. run takes the call by value, so that the call stays
// on the stack.
type routine struct {
	width int
	run   func(c call)
}

// chunkBytes is how many bytes of a result are computed before the next block of channels: few enough that the pixels'
// taps are still in the first-level cache.
const chunkBytes = 4096

// assembled returns a variant that runs the routines of lists, which are ordered from the widest.
func assembled(k Kind, i isa.ISA, lists ...[]routine) Variant {
	routines := slices.Concat(lists...)
	return of(k, routines[0].width/k.Size(), i, blocks(routines))
}

// blocks returns a function that runs routines block by block on chunks of pixels.
func blocks(routines []routine) func(v *Variant, a *Args, m0, m1 int) {
	return func(v *Variant, a *Args, m0, m1 int) {
		row := a.Channels * v.Kind.Size()
		counts := v.Kind.counts(a.Taps)
		c := call{ldc: a.LDC, taps: a.Taps}
		if v.Kind == AverageI8 {
			c.flip, c.excess = 0x80808080, uint32(a.Taps)*128
		}
		chunk := max(chunkBytes/row, 8)
		for m := m0; m < m1; m += chunk {
			c.pixels = min(chunk, m1-m)
			c.offsets = unsafe.Pointer(&a.Offsets[m*a.Taps])
			if counts > 0 {
				c.counts = unsafe.Pointer(&a.Counts[m*counts])
			}
			for at := 0; at < row; {
				first, r := next(at, row, routines)
				c.a = unsafe.Pointer(&a.A[first])
				c.c = unsafe.Pointer(&a.C[m*a.LDC+first])
				r.run(c)
				at = first + r.width
			}
		}
	}
}

// next returns the block that begins at byte at of a row, or the last block, which overlaps the one before it.
func next(at, row int, routines []routine) (first int, r routine) {
	left := row - at
	for i, r := range routines {
		if left >= r.width {
			return at, r
		}
		if row >= r.width && (i == len(routines)-1 || left > routines[i+1].width) {
			return row - r.width, r
		}
	}
	panic("pool: no routines")
}
