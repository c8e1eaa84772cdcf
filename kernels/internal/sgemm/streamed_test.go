package sgemm

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// transposed returns the plain Transposition of numbers of some bytes.
func transposed(size int) Transposition {
	return func(out, in []byte, rows, columns, outStride, inStride int) {
		for i := range rows {
			for j := range columns {
				copy(out[j*outStride+size*i:][:size], in[i*inStride+size*j:])
			}
		}
	}
}

// TestStreamed multiplies by matrices whose rows have gaps, as they are and transposed, one after the other in the same
// memory.
func TestStreamed(t *testing.T) {
	const gap = 3
	for _, v := range runnable() {
		if v.Type == dtype.BF16 {
			continue
		}
		for _, n := range []int{1, v.NR/2 - 1, v.NR, v.NR + 1, 2*v.NR + v.NR/2, 3 * v.NR} {
			p := problem{m: 5, n: n, taps: 1, k: 19, typ: v.Type}
			if n < 1 || v.suits != nil && !v.suits(p.spec()) {
				continue
			}
			t.Run(fmt.Sprintf("%s/n=%d", v.Name, n), func(t *testing.T) {
				streamed, size := NewStreamed(v, p.spec()), Size(v.Type)
				for i, turn := range []Transposition{nil, transposed(size), nil} {
					p.seed = uint64(i)
					p.fill()
					stride, other := n+gap, p.k
					if turn != nil {
						stride, other = p.k+gap, n
					}
					weights := make([]byte, size*stride*other)
					for j := range p.k * n {
						at := j/n*stride + j%n
						if turn != nil {
							at = j%n*stride + j/n
						}
						copy(weights[size*at:][:size], p.weights[size*j:])
					}
					want, got := p.reference(), slices.Clone(p.before)
					p.args.C = got[guard : len(got)-guard]
					streamed.Run(&p.args, Rows{Count: p.m, Step: 1}, weights, size*stride, turn)
					require.Equal(t, want, got)
				}
			})
		}
	}
}
