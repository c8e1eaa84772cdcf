package sgemm

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
)

// portableCols is how many columns, of two rows, the portable variant computes at a time.
const portableCols = 4

func runPortable(p *Packed, a *Args, r Rows, panel0, panel1 int) {
	n := p.spec.TapNumbers
	for panel := panel0; panel < panel1; panel++ {
		b, width := p.panel(panel), p.width(panel)
		n0 := panel * portableCols
		cols := min(p.spec.N-n0, portableCols)
		for i := 0; i < r.Count; i += 2 {
			rows := [2]int{i, min(i+1, r.Count-1)} // a single last row is computed twice
			first, second := p.offsets(a, &r, rows[0]), p.offsets(a, &r, rows[1])
			var acc [2][portableCols]float32
			for _, t := range r.Taps {
				x := a.A[first[t]:][:4*n]
				y := a.A[second[t]:][:4*n]
				if w := b[int(t)*n*width:]; width == portableCols {
					multiply4(&acc, x, y, w[:4*n])
				} else {
					multiply2(&acc, x, y, w[:2*n])
				}
			}
			for k, row := range rows {
				for j, v := range acc[k][:cols] {
					binary.NativeEndian.PutUint32(a.C[row*a.LDC+4*(n0+j):], math.Float32bits(v+0))
				}
			}
		}
	}
}

// offsets returns the offsets of number i of the rows.
func (p *Packed) offsets(a *Args, r *Rows, i int) []int32 {
	return a.Offsets[(r.First+i*r.Step)*p.spec.Taps:][:p.spec.Taps]
}

// multiply4 adds the products of two runs of A and four columns of B to acc.
func multiply4(acc *[2][portableCols]float32, x, y []byte, b []float32) {
	p0, p1, p2, p3 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	q0, q1, q2, q3 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	for len(b) >= 4 && len(x) >= 4 && len(y) >= 4 {
		u, v := number(x, 0), number(y, 0)
		w0, w1, w2, w3 := b[0], b[1], b[2], b[3]
		p0 = activation.Fused(u, w0, p0)
		p1 = activation.Fused(u, w1, p1)
		p2 = activation.Fused(u, w2, p2)
		p3 = activation.Fused(u, w3, p3)
		q0 = activation.Fused(v, w0, q0)
		q1 = activation.Fused(v, w1, q1)
		q2 = activation.Fused(v, w2, q2)
		q3 = activation.Fused(v, w3, q3)
		x, y, b = x[4:], y[4:], b[4:]
	}
	acc[0] = [portableCols]float32{p0, p1, p2, p3}
	acc[1] = [portableCols]float32{q0, q1, q2, q3}
}

// multiply2 is multiply4 for two columns.
func multiply2(acc *[2][portableCols]float32, x, y []byte, b []float32) {
	for i := 0; 2*i+1 < len(b); i++ {
		u, v := number(x, 4*i), number(y, 4*i)
		for j, w := range b[2*i : 2*i+2] {
			acc[0][j] = activation.Fused(u, w, acc[0][j])
			acc[1][j] = activation.Fused(v, w, acc[1][j])
		}
	}
}
