package sgemm

import (
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
)

// portableRows and portableCols are how many rows and columns the portable variants compute at a time.
const portableRows, portableCols = 2, 4

// element are the types of numbers in memory.
type element interface {
	float32 | float64 | int32 | int64 | uint32 | uint64
}

// multiplying adds the products of two runs of A and the columns of a panel of B, four or two, to acc.
type multiplying[T element] func(acc *[portableRows][portableCols]T, x, y, b []T)

// inPlainGo returns what runs a portable variant.
func inPlainGo[T element](multiply multiplying[T]) func(p *Packed, a *Args, r Rows, panel0, panel1 int) {
	return func(p *Packed, a *Args, r Rows, panel0, panel1 int) {
		n := p.spec.TapNumbers
		for panel := panel0; panel < panel1; panel++ {
			b, width := view.Of[T](p.panel(panel)), p.width(panel)
			n0 := panel * portableCols
			for i := 0; i < r.Count; i += portableRows {
				rows := [portableRows]int{i, min(i+1, r.Count-1)} // a single last row is computed twice
				first, second := p.offsets(a, &r, rows[0]), p.offsets(a, &r, rows[1])
				var acc [portableRows][portableCols]T
				for _, t := range r.Taps {
					x, y := view.Of[T](a.A[first[t]:]), view.Of[T](a.A[second[t]:])
					multiply(&acc, x[:n], y[:n], b[int(t)*n*width:][:n*width])
				}
				store(p, a, rows, n0, &acc)
			}
		}
	}
}

// store stores the sums of rows from column n0 on. Zeros become positive.
func store[T element](p *Packed, a *Args, rows [portableRows]int, n0 int, acc *[portableRows][portableCols]T) {
	for k, row := range rows {
		to := view.Of[T](a.C[row*a.LDC+p.size()*n0:])
		for j, v := range acc[k][:min(p.spec.N-n0, portableCols)] {
			to[j] = v + 0
		}
	}
}

// offsets returns the offsets of number i of the rows.
func (p *Packed) offsets(a *Args, r *Rows, i int) []int32 {
	return a.Offsets[(r.First+i*r.Step)*p.spec.Taps:][:p.spec.Taps]
}

func multiplyFloats(acc *[portableRows][portableCols]float32, x, y, b []float32) {
	if len(b) == 2*len(x) {
		for i, u := range x {
			for j, w := range b[2*i : 2*i+2] {
				acc[0][j] = activation.Fused(u, w, acc[0][j])
				acc[1][j] = activation.Fused(y[i], w, acc[1][j])
			}
		}
		return
	}
	p0, p1, p2, p3 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	q0, q1, q2, q3 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	y = y[:len(x)]
	for i, u := range x {
		if len(b) < 4 {
			break
		}
		v, w0, w1, w2, w3 := y[i], b[0], b[1], b[2], b[3]
		p0 = activation.Fused(u, w0, p0)
		p1 = activation.Fused(u, w1, p1)
		p2 = activation.Fused(u, w2, p2)
		p3 = activation.Fused(u, w3, p3)
		q0 = activation.Fused(v, w0, q0)
		q1 = activation.Fused(v, w1, q1)
		q2 = activation.Fused(v, w2, q2)
		q3 = activation.Fused(v, w3, q3)
		b = b[4:]
	}
	acc[0] = [portableCols]float32{p0, p1, p2, p3}
	acc[1] = [portableCols]float32{q0, q1, q2, q3}
}

func multiplyDoubles(acc *[portableRows][portableCols]float64, x, y, b []float64) {
	if len(b) == 2*len(x) {
		for i, u := range x {
			for j, w := range b[2*i : 2*i+2] {
				acc[0][j] = math.FMA(u, w, acc[0][j])
				acc[1][j] = math.FMA(y[i], w, acc[1][j])
			}
		}
		return
	}
	p0, p1, p2, p3 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	q0, q1, q2, q3 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	y = y[:len(x)]
	for i, u := range x {
		if len(b) < 4 {
			break
		}
		v, w0, w1, w2, w3 := y[i], b[0], b[1], b[2], b[3]
		p0 = math.FMA(u, w0, p0)
		p1 = math.FMA(u, w1, p1)
		p2 = math.FMA(u, w2, p2)
		p3 = math.FMA(u, w3, p3)
		q0 = math.FMA(v, w0, q0)
		q1 = math.FMA(v, w1, q1)
		q2 = math.FMA(v, w2, q2)
		q3 = math.FMA(v, w3, q3)
		b = b[4:]
	}
	acc[0] = [portableCols]float64{p0, p1, p2, p3}
	acc[1] = [portableCols]float64{q0, q1, q2, q3}
}

func multiplyWhole[T int32 | int64](acc *[portableRows][portableCols]T, x, y, b []T) {
	if len(b) == 2*len(x) {
		for i, u := range x {
			for j, w := range b[2*i : 2*i+2] {
				acc[0][j] += u * w
				acc[1][j] += y[i] * w
			}
		}
		return
	}
	p0, p1, p2, p3 := acc[0][0], acc[0][1], acc[0][2], acc[0][3]
	q0, q1, q2, q3 := acc[1][0], acc[1][1], acc[1][2], acc[1][3]
	y = y[:len(x)]
	for i, u := range x {
		if len(b) < 4 {
			break
		}
		v, w0, w1, w2, w3 := y[i], b[0], b[1], b[2], b[3]
		p0, p1, p2, p3 = p0+u*w0, p1+u*w1, p2+u*w2, p3+u*w3
		q0, q1, q2, q3 = q0+v*w0, q1+v*w1, q2+v*w2, q3+v*w3
		b = b[4:]
	}
	acc[0] = [portableCols]T{p0, p1, p2, p3}
	acc[1] = [portableCols]T{q0, q1, q2, q3}
}
