package fourier_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/fourier"
)

// definition is the transform of the first lengths of complex data along all axes, as sums of products.
func definition(in, lengths []int, x []complex128, sign float64) []complex128 {
	size := 1
	for _, n := range lengths {
		size *= n
	}
	y := make([]complex128, size)
	index := func(i int, dims []int) []int {
		at := make([]int, len(dims))
		for a := len(dims) - 1; a >= 0; a-- {
			at[a], i = i%dims[a], i/dims[a]
		}
		return at
	}
	for k := range y {
		to := index(k, lengths)
		var re, im, lostRe, lostIm float64
		for j := range size {
			from, at, turn := index(j, lengths), 0, 0.0
			for a, n := range lengths {
				at = at*in[a] + from[a]
				turn += float64(to[a]*from[a]%n) / float64(n)
			}
			p := x[at] * cmplx.Rect(1, sign*2*math.Pi*(turn-math.Floor(turn)))
			re, lostRe = compensated(re, lostRe, real(p))
			im, lostIm = compensated(im, lostIm, imag(p))
		}
		y[k] = complex(re, im)
	}
	return y
}

func compensated(sum, lost, x float64) (float64, float64) {
	x -= lost
	next := sum + x
	return next, (next - sum) - x
}

func parts(x []complex128) []float64 {
	var p []float64
	for _, v := range x {
		p = append(p, real(v), imag(v))
	}
	return p
}

// near checks the documented bound: norm is the sum of the magnitudes of the data.
func near(t *testing.T, want, got []float64, norm float64) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, w := range want {
		require.InDelta(t, w, got[i], norm*0x1p-49, "element %d", i)
	}
}

func shapes() (shapes [][2][]int) {
	for n := 1; n <= 40; n++ {
		shapes = append(shapes, [2][]int{{n}, {n}})
	}
	for _, n := range []int{49, 64, 77, 97, 121, 169, 243, 256, 289, 300, 400, 509, 512} {
		shapes = append(shapes, [2][]int{{n + 3}, {n}})
	}
	return append(shapes, [2][]int{{3, 5}, {3, 5}}, [2][]int{{4, 9}, {3, 8}}, [2][]int{{6, 7}, {2, 1}},
		[2][]int{{2, 3, 4}, {2, 3, 4}}, [2][]int{{5, 4, 9}, {4, 3, 6}}, [2][]int{{17, 19}, {17, 19}})
}

func TestTransformsAreTheirDefinition(t *testing.T) {
	for _, s := range shapes() {
		in, lengths := s[0], s[1]
		t.Run(fmt.Sprint(in, lengths), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(lengths[0])))
			size, count := 1, 1.0
			for i, n := range in {
				size, count = size*n, count*float64(lengths[i])
			}
			x, norm := make([]complex128, size), 0.0
			for i := range x {
				x[i] = complex(r.NormFloat64(), r.NormFloat64())
				norm += cmplx.Abs(x[i])
			}
			f := fourier.New(fourier.Forward, in, lengths)
			y := run(f, parts(x))
			near(t, parts(definition(in, lengths, x, -1)), y, norm)

			f = fourier.New(fourier.Inverse, in, lengths)
			want := definition(in, lengths, x, 1)
			for i := range want {
				want[i] /= complex(count, 0)
			}
			near(t, parts(want), run(f, parts(x)), norm)
			reals(t, r, in, lengths)
		})
	}
}

// reals checks the transform of reals, and that the other one is its inverse.
func reals(t *testing.T, r *rand.Rand, in, lengths []int) {
	size := 1
	for _, n := range in {
		size *= n
	}
	x, wide, norm := make([]float64, size), make([]complex128, size), 0.0
	for i := range x {
		x[i] = r.NormFloat64()
		wide[i] = complex(x[i], 0)
		norm += math.Abs(x[i])
	}
	last := len(lengths) - 1
	n := lengths[last]
	all, want := definition(in, lengths, wide, -1), []complex128(nil)
	for row := range slices.Chunk(all, n) {
		want = append(want, row[:n/2+1]...)
	}
	y := run(fourier.New(fourier.RealForward, in, lengths), x)
	near(t, parts(want), y, norm)

	bins := slices.Clone(lengths)
	bins[last] = n/2 + 1
	back := run(fourier.New(fourier.RealInverse, bins, lengths), y)
	near(t, cropped(x, in, lengths), back, norm)
}

// cropped returns the first lengths of x along each axis.
func cropped(x []float64, in, lengths []int) []float64 {
	if len(in) == 1 {
		return x[:lengths[0]]
	}
	var out []float64
	for part := range slices.Chunk(x, len(x)/in[0]) {
		if len(out) < lengths[0]*len(cropped(part, in[1:], lengths[1:])) {
			out = append(out, cropped(part, in[1:], lengths[1:])...)
		}
	}
	return out
}

func run[T float32 | float64](f *fourier.Transform, x []T) []T {
	y := make([]T, f.Out)
	fourier.Run(f, y, x[:f.In], make([]complex128, f.Scratch()))
	return y
}

// The lowest and the highest element of the half are real: their imaginary parts, and the bins behind, are left out.
func TestRealInverseIgnoresWhatRealsDoNotHave(t *testing.T) {
	for _, n := range []int{5, 6, 8} {
		f := fourier.New(fourier.RealInverse, []int{9}, []int{n})
		x := make([]float64, 18)
		for i := range x {
			x[i] = float64(i + 1)
		}
		want := run(f, x)
		x[1] = 99
		if n%2 == 0 {
			x[n+1] = -7
		}
		for i := 2 * (n/2 + 1); i < len(x); i++ {
			x[i] = 55
		}
		assert.Equal(t, want, run(f, x), n)
	}
}

func TestSinglesAreRoundedOnce(t *testing.T) {
	for _, n := range []int{1, 7, 34, 256, 480} {
		r := rand.New(rand.NewPCG(2, uint64(n)))
		x, wide := make([]float32, n), make([]float64, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
			wide[i] = float64(x[i])
		}
		f := fourier.New(fourier.RealForward, []int{n}, []int{n})
		y, want := run(f, x), run(f, wide)
		for i, w := range want {
			require.Equal(t, float32(w), y[i], "length %d, element %d", n, i)
		}
	}
}

func BenchmarkRealForward(b *testing.B) {
	for _, n := range []int{256, 400, 512, 1024, 2048, 1009} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := fourier.New(fourier.RealForward, []int{n}, []int{n})
			x, y, scratch := make([]float32, f.In), make([]float32, f.Out), make([]complex128, f.Scratch())
			for i := range x {
				x[i] = float32(i % 17)
			}
			for b.Loop() {
				fourier.Run(f, y, x, scratch)
			}
		})
	}
}
