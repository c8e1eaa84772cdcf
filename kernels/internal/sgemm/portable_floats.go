package sgemm

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// runPortableFloats computes two rows and four columns of float32 at a time.
func runPortableFloats(p *Packed, a *Args, r Rows, panel0, panel1 int) {
	n, least := p.spec.TapNumbers, p.leastNormal()
	for panel := panel0; panel < panel1; panel++ {
		b, width := view.Of[float32](p.panel(panel)), p.width(panel)
		for i := 0; i < r.Count; i += portableRows {
			rows := [portableRows]int{i, min(i+1, r.Count-1)} // a single last row is computed twice
			first, second := p.offsets(a, &r, rows[0]), p.offsets(a, &r, rows[1])
			isNormal := min(p.leastExponent(a, &r, first), p.leastExponent(a, &r, second))+p.least >= least // every sum
			var acc [portableRows][portableCols]float32
			for _, t := range r.Taps {
				x, y := view.Of[float32](a.A[first[t]:]), view.Of[float32](a.A[second[t]:])
				w := b[int(t)*n*width:][:n*width]
				if isNormal {
					multiplyFloats(&acc, x[:n], y[:n], w)
				} else {
					multiplyFlushing(&acc, x[:n], y[:n], w)
				}
			}
			store(p, a, rows, panel*portableCols, &acc)
		}
	}
}

// leastNormal is the sum of the biased exponents of a row's and a panel's least numbers from which on no sum is
// subnormal: products are multiples of 2**-14 (bf16) or 2**-46 times the powers of two, and so are sums.
func (p *Packed) leastNormal() int {
	const normal = 2*127 - 126
	if p.spec.Type == dtype.BF16 {
		return normal + 14
	}
	return normal + 46
}

// leastExponent returns the biased exponent of the least number of a row that is not 0.
func (p *Packed) leastExponent(a *Args, r *Rows, offsets []int32) int {
	least := uint32(math.MaxUint32)
	for _, t := range r.Taps {
		for run := a.A[offsets[t]:][:4*p.spec.TapNumbers]; len(run) >= 4; run = run[4:] {
			least = min(least, binary.NativeEndian.Uint32(run)<<1-1) // that of 0 is the greatest
		}
	}
	if e := exponent(least); e > 0 {
		return e
	}
	return math.MinInt16 // a subnormal number
}

// exponent returns the biased exponent of a number whose bits without the sign are (magnitude+1)/2.
func exponent(magnitude uint32) int { return int((uint64(magnitude) + 1) >> 24) }

// flush makes zeros of subnormal weights, and finds the least exponent of the others.
func (p *Packed) flush() {
	least := uint32(math.MaxUint32)
	numbers := view.Of[uint32](p.numbers)
	for i, bits := range numbers {
		if bits<<1>>24 == 0 {
			numbers[i] = 0
		} else {
			least = min(least, bits<<1-1)
		}
	}
	p.least = exponent(least)
}

// multiplyFlushing multiplies numbers that may be subnormal, or have subnormal sums.
func multiplyFlushing(acc *[portableRows][portableCols]float32, x, y, b []float32) {
	width := len(b) / len(x)
	for i, u := range x {
		for j, w := range b[i*width:][:width] {
			acc[0][j] = activation.FlushedFMA32(u, w, acc[0][j])
			acc[1][j] = activation.FlushedFMA32(y[i], w, acc[1][j])
		}
	}
}
