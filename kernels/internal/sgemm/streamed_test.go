package sgemm

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
)

// transposed is the plain Transposition.
func transposed(out, in []byte, rows, columns, outStride, inStride int) {
	for i := range rows {
		for j := range columns {
			copy(out[j*outStride+4*i:][:4], in[i*inStride+4*j:])
		}
	}
}

// TestStreamed multiplies by matrices whose rows have gaps, as they are and transposed, one after the other in the same
// memory. The numbers are whole, so each sum is exact.
func TestStreamed(t *testing.T) {
	const rows, k, gap = 5, 19, 3
	for _, v := range runnable() {
		if v.Does == doesBF16 {
			continue
		}
		for _, n := range []int{1, v.NR/2 - 1, v.NR, v.NR + 1, 2*v.NR + v.NR/2, 3 * v.NR} {
			s := Spec{N: n, Taps: 1, TapNumbers: k}
			if n < 1 || v.suits != nil && !v.suits(s) {
				continue
			}
			t.Run(fmt.Sprintf("%s/n=%d", v.Name, n), func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				whole := func(count int) []float32 {
					x := make([]float32, count)
					for i := range x {
						x[i] = float32(r.IntN(21) - 10)
					}
					return x
				}
				p := NewStreamed(v, s)
				for _, turn := range []Transposition{nil, transposed, nil} {
					data, stride, other := whole(rows*k), n+gap, k
					if turn != nil {
						stride, other = k+gap, n
					}
					weights := whole(stride * other)
					c := make([]float32, rows*n)
					a := &Args{A: append(bytesOf(data), make([]byte, bounds.Slack)...), C: bytesOf(c), LDC: 4 * n}
					for i := range rows {
						a.Offsets = append(a.Offsets, int32(4*i*k))
					}
					p.Run(a, Rows{Count: rows, Step: 1}, weights, stride, turn)
					for i, got := range c {
						want := float32(0)
						for j := range k {
							at := j*stride + i%n
							if turn != nil {
								at = i%n*stride + j
							}
							want += data[i/n*k+j] * weights[at]
						}
						require.Equal(t, want, got, "row %d, column %d", i/n, i%n)
					}
				}
			})
		}
	}
}
