package movement

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

// indices calls f with each index into a shape, in row-major order.
func indices(shape []int, f func(at []int)) {
	at := make([]int, len(shape))
	for i := range sizeOf(shape) {
		for k := len(shape) - 1; k >= 0; k-- {
			at[k], i = i%shape[k], i/shape[k]
		}
		f(at)
	}
}

func sizeOf(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// element returns the bytes of the element at an index.
func element(data []byte, shape, at []int, size int) []byte {
	i := 0
	for k, d := range shape {
		i = i*d + at[k]
	}
	return data[i*size:][:size]
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

// requireLines wants that the lines, computed in two parts, are the bytes of want.
func requireLines(t *testing.T, want, in []byte, lines int, run func(out, in []byte, l0, l1 int), what ...any) {
	t.Helper()
	got := slices.Repeat([]byte{0xa5}, len(want))
	run(got, in, lines/3, lines)
	run(got, in, 0, lines/3)
	require.Equal(t, want, got, what...)
}

// TestPermutation covers every order of axes of up to five dimensions, some of them 1.
func TestPermutation(t *testing.T) {
	for _, without := range isatest.Levels() {
		s := isa.Available().Without(without...)
		for seed := range uint64(300) {
			r := rand.New(rand.NewPCG(seed, 1))
			shape := make([]int, 1+r.IntN(5))
			for i := range shape {
				shape[i] = []int{1, 2, 3, 8, 17}[r.IntN(5)]
			}
			if len(shape) < 4 { // more than a tile has
				shape[r.IntN(len(shape))] *= 11
			}
			order, size := r.Perm(len(shape)), []int{1, 2, 3, 4, 8}[r.IntN(5)]
			in := randomBytes(r, sizeOf(shape)*size)
			turned, from := make([]int, len(shape)), make([]int, len(shape))
			for i, a := range order {
				turned[i] = shape[a]
			}
			var want []byte
			indices(turned, func(at []int) {
				for i, a := range order {
					from[a] = at[i]
				}
				want = append(want, element(in, shape, from, size)...)
			})
			p := NewPermutation(s, shape, order, size)
			requireLines(t, want, in, p.Tiles, p.Run, "%v to %v, %d bytes", shape, order, size)
		}
	}
}

// TestPadding covers axes with and without padding, in lines that are filled as a whole and at their ends.
func TestPadding(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		rank, size := r.IntN(4), []int{1, 2, 4, 8}[r.IntN(4)]
		in, below, above, padded := make([]int, rank), make([]int, rank), make([]int, rank), make([]int, rank)
		for i := range in {
			in[i], below[i], above[i] = 1+r.IntN(5), r.IntN(3), r.IntN(3)
			if i == rank-1 && r.IntN(2) == 0 {
				in[i] += 300
			}
			padded[i] = below[i] + in[i] + above[i]
		}
		data, value := randomBytes(r, sizeOf(in)*size), randomBytes(r, size)
		from := make([]int, rank)
		var want []byte
		indices(padded, func(at []int) {
			inside := true
			for i := range at {
				from[i] = at[i] - below[i]
				inside = inside && from[i] >= 0 && from[i] < in[i]
			}
			if !inside {
				want = append(want, value...)
				return
			}
			want = append(want, element(data, in, from, size)...)
		})
		p := NewPadding(in, below, above, value)
		requireLines(t, want, data, p.Lines, p.Run, "%v, %v below, %v above, %d bytes", in, below, above, size)
	}
}

func TestPaddingOfNothing(t *testing.T) {
	require.Zero(t, NewPadding([]int{3, 0}, []int{1, 0}, []int{1, 0}, []byte{1}).Lines)
}

// TestTaking covers axes that are whole, repeated, turned, the same everywhere, and random.
func TestTaking(t *testing.T) {
	for seed := range uint64(900) {
		r := rand.New(rand.NewPCG(seed, 3))
		rank, size := 1+r.IntN(3), []int{1, 2, 4, 8, 12}[r.IntN(5)]
		shape, taken, places := make([]int, rank), make([]int, rank), make([][]int, rank)
		kinds := ""
		for i := range shape {
			shape[i] = 1 + r.IntN(9)
			kind := r.IntN(5)
			kinds += fmt.Sprint(kind)
			for k := range []int{shape[i], 2 * shape[i], shape[i], 1 + r.IntN(140), 1 + r.IntN(20)}[kind] {
				places[i] = append(places[i], []int{k, k % shape[i], shape[i] - 1 - k, 0, r.IntN(shape[i])}[kind])
			}
			taken[i] = len(places[i])
		}
		in, from := randomBytes(r, sizeOf(shape)*size), make([]int, rank)
		var want []byte
		indices(taken, func(at []int) {
			for i := range at {
				from[i] = places[i][at[i]]
			}
			want = append(want, element(in, shape, from, size)...)
		})
		p := NewTaking(shape, places, size)
		requireLines(t, want, in, p.Lines, p.Run, "%v, kinds %s, %d bytes", shape, kinds, size)
	}
}

// TestRepeatEach has rows of less than a word, of whole words and of others.
func TestRepeatEach(t *testing.T) {
	for _, size := range []int{1, 2, 4, 8} {
		for _, n := range []int{1, 2, 3, 5, 8, 9} {
			for _, count := range []int{0, 1, 2, 7, 100} {
				from := randomBytes(rand.New(rand.NewPCG(1, uint64(count))), size*count)
				want, got := []byte{}, make([]byte, size*count*n+1)
				for i := range count {
					for range n {
						want = append(want, from[i*size:][:size]...)
					}
				}
				got[len(want)] = 99
				RepeatEach(got, from, size, n)
				require.Equal(t, append(want, 99), got, "%d copies of %d of %d bytes", n, count, size)
			}
		}
	}
}
