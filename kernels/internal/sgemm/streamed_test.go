package sgemm

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
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
	for _, v := range runnable() {
		for _, n := range []int{1, v.NR/2 - 1, v.NR, v.NR + 1, 2*v.NR + v.NR/2, 3 * v.NR} {
			for _, k := range []int{1, 19, 24} {
				p := problem{m: 5, n: n, taps: 1, k: k, typ: v.Type}
				if n < 1 || v.suits != nil && !v.suits(p.spec()) {
					continue
				}
				t.Run(fmt.Sprintf("%s/n=%d,k=%d", v.Name, n, k), func(t *testing.T) {
					streamed := NewStreamed(v, p.spec())
					for i, turn := range []Transposition{nil, transposed(Size(v.Type)), nil} {
						p.seed = uint64(i)
						p.fill()
						weights, stride := p.withGaps(v.NumberSize(), turn != nil)
						want, got := p.reference(), slices.Clone(p.before)
						p.arrange(v)
						p.args.C = got[guard : len(got)-guard]
						streamed.Run(&p.args, Rows{Count: p.m, Step: 1}, weights, stride, turn)
						require.Equal(t, want, got)
					}
				})
			}
		}
	}
}

// withGaps returns the weights, or their transpose, as numbers of size bytes with gaps between the rows, and the bytes
// from row to row.
func (p *problem) withGaps(size int, transposed bool) (weights []byte, stride int) {
	const gap = 3
	columns, rows := p.n+gap, p.k
	if transposed {
		columns, rows = p.k+gap, p.n
	}
	weights, given := make([]byte, size*columns*rows), Size(p.typ)
	for j := range p.k * p.n {
		at := j/p.n*columns + j%p.n
		if transposed {
			at = j%p.n*columns + j/p.n
		}
		copy(weights[size*at:][:size], p.weights[given*j:][given-size:]) // bf16 is the upper half of float32
	}
	return weights, size * columns
}
