package broadcast

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// TestLoad: the calls cover the output once, and find the elements that broadcasting says.
func TestLoad(t *testing.T) {
	covered := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		out := make(core.Shape, 1+r.IntN(4))
		for i := range out {
			out[i] = []int{1, 2, 3, 8, 60}[r.IntN(5)]
		}
		if r.IntN(4) == 0 {
			out[len(out)-1] *= 100
		}
		var in []Operand
		var mem, loaded [MaxOperands][]byte
		for i := range 1 + r.IntN(MaxOperands) {
			v := Operand{Shape: out[r.IntN(len(out)+1):].Clone(), Size: []int{1, 2, 4, 8}[r.IntN(4)]}
			for k := range v.Shape {
				if r.IntN(2) == 0 {
					v.Shape[k] = 1
				}
			}
			in, mem[i] = append(in, v), make([]byte, v.Shape.MustElements()*v.Size)
			for k := range mem[i] {
				mem[i][k] = byte(r.IntN(256))
			}
		}
		o, ok := New(out, in)
		if !ok {
			continue
		}
		covered++
		scratch, next := make([]byte, o.Bytes+8), 0
		o.Begin(&mem, scratch)
		for call := range o.Calls {
			first, n := o.Load(&loaded, &mem, scratch, call)
			require.Equal(t, next, first)
			for i, v := range in {
				for k := range n {
					at := indexOf(first+k, out, v.Shape) * v.Size
					if !bytes.Equal(mem[i][at:][:v.Size], loaded[i][k*v.Size:][:v.Size]) {
						t.Fatalf("%v to %v: element %d is another one", v, out, first+k)
					}
				}
			}
			next += n
		}
		require.Equal(t, out.MustElements(), next)
	}
	require.Greater(t, covered, 200)
}

// indexOf returns the index of the element that is broadcast to element i of an output.
func indexOf(i int, out, s core.Shape) int {
	at, stride := 0, 1
	for k := len(out) - 1; k >= len(out)-len(s); k-- {
		if d := s[k-len(out)+len(s)]; d > 1 {
			at += i % out[k] * stride
			stride *= d
		}
		i /= out[k]
	}
	return at
}
