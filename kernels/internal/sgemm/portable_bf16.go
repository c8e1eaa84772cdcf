package sgemm

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
)

// runPortableBF16 computes two rows and four columns at a time.
func runPortableBF16(p *Packed, a *Args, r Rows, panel0, panel1 int) {
	n := p.spec.TapNumbers
	for panel := panel0; panel < panel1; panel++ {
		b, width := p.panel(panel), p.width(panel)
		n0 := panel * portableCols
		cols := min(p.spec.N-n0, portableCols)
		for i := 0; i < r.Count; i += 2 {
			rows := [2]int{i, min(i+1, r.Count-1)} // a single last row is computed twice
			first, second := p.offsets(a, &r, rows[0]), p.offsets(a, &r, rows[1])
			multiply := multiplyFlushing
			if least := min(p.leastExponent(a, &r, first), p.leastExponent(a, &r, second)); least+p.least >= minExponents {
				multiply = multiplyNormal
			}
			var acc [2][portableCols]float32
			for _, t := range r.Taps {
				x := a.A[first[t]:][:4*n]
				y := a.A[second[t]:][:4*n]
				multiply(&acc, x, y, b[int(t)*n*width:][:n*width])
			}
			for k, row := range rows {
				for j, v := range acc[k][:cols] {
					binary.NativeEndian.PutUint32(a.C[row*a.LDC+4*(n0+j):], math.Float32bits(v+0))
				}
			}
		}
	}
}

// minExponents is the sum of the biased exponents of a row's and a panel's least numbers from which on no sum is
// subnormal: products are multiples of 2**-14 times the powers of two, and so are sums.
const minExponents = 2*127 - 126 + 14

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
	return -minExponents // a subnormal number
}

// exponent returns the biased exponent of a number whose bits without the sign are (magnitude+1)/2.
func exponent(magnitude uint32) int { return int((uint64(magnitude) + 1) >> 24) }

// flush makes zeros of subnormal weights, and finds the least exponent of the others.
func (p *Packed) flush() {
	least := uint32(math.MaxUint32)
	for i, w := range p.numbers {
		if bits := math.Float32bits(w); bits<<1>>24 == 0 {
			p.numbers[i] = 0
		} else {
			least = min(least, bits<<1-1)
		}
	}
	p.least = exponent(least)
}

// multiplyNormal adds the products of two runs of A and the columns of B to acc. No sum is subnormal.
func multiplyNormal(acc *[2][portableCols]float32, x, y []byte, b []float32) {
	if len(b) == len(x) {
		multiply4(acc, x, y, b)
	} else {
		multiply2(acc, x, y, b)
	}
}

// multiplyFlushing is multiplyNormal for numbers that may be subnormal, or have subnormal sums.
func multiplyFlushing(acc *[2][portableCols]float32, x, y []byte, b []float32) {
	for i, width := 0, 4*len(b)/len(x); i < len(x); i, b = i+4, b[width:] {
		u, v := number(x, i), number(y, i)
		for j, w := range b[:width] {
			acc[0][j] = activation.FlushedFMA32(u, w, acc[0][j])
			acc[1][j] = activation.FlushedFMA32(v, w, acc[1][j])
		}
	}
}
