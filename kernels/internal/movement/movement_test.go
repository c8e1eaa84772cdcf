package movement

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

// TestMain reports the instruction sets whose variants were not run.
func TestMain(m *testing.M) { isatest.Main(m, variants, simulated) }

// simulated is set in builds in which Go functions stand for the assembly (kernels/_asm
// with -simulate): those run on any CPU.
var simulated bool

const guard = 64

// lastGreatest exchanges the greatest number with the last one.
func lastGreatest(numbers []int) []int {
	i, last := slices.Index(numbers, slices.Max(numbers)), len(numbers)-1
	numbers[i], numbers[last] = numbers[last], numbers[i]
	return numbers
}

// TestSizes covers matrices below, at and above the tiles, with their rows and columns in any order, and with and
// without gaps between them.
func TestSizes(t *testing.T) {
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		t.Run(v.Name, func(t *testing.T) {
			sizes := []int{1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 100}
			for _, rows := range sizes {
				for _, columns := range sizes {
					r := rand.New(rand.NewPCG(uint64(rows), uint64(columns)))
					for _, gap := range []int{0, 3 * v.Size} {
						m := Matrix{
							Rows: lastGreatest(r.Perm(rows)), InStride: columns*v.Size + gap,
							Columns: lastGreatest(r.Perm(columns)), OutStride: rows*v.Size + gap,
						}
						m.In = randomBytes(r, (rows-1)*m.InStride+columns*v.Size)
						end := (columns-1)*m.OutStride + rows*v.Size
						got := slices.Repeat([]byte{0xa5}, end+2*guard)
						want := slices.Clone(got)
						for i, from := range m.Rows {
							for j, to := range m.Columns {
								copy(want[guard+to*m.OutStride+i*v.Size:][:v.Size], m.In[from*m.InStride+j*v.Size:])
							}
						}
						m.Out = got[guard : guard+end : guard+end]
						v.Run(m)
						require.True(t, bytes.Equal(want, got), "%d by %d, gap %d", rows, columns, gap)
					}
				}
			}
		})
	}
}

func TestRunPanics(t *testing.T) {
	v := Choose(isa.Available(), 4)
	require.PanicsWithValue(t, "movement: got 20 and 24 bytes for a matrix of 2 by 3, want 24 and 24", func() {
		v.RunStrided(make([]byte, 24), make([]byte, 20), 2, 3, 8, 12)
	})
}

// TestNoAllocation: a call of Run allocates nothing.
func TestNoAllocation(t *testing.T) {
	if simulated {
		t.Skip("simulated routines allocate")
	}
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		in, out := make([]byte, 100*20*v.Size), make([]byte, 100*20*v.Size)
		require.Zero(t, testing.AllocsPerRun(10, func() { v.RunStrided(out, in, 100, 20, 100*v.Size, 20*v.Size) }), v.Name)
	}
}

// TestStrided: a matrix of several tiles is transposed as a whole.
func TestStrided(t *testing.T) {
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		const rows, columns = 100, 70
		in := randomBytes(rand.New(rand.NewPCG(1, 2)), rows*columns*v.Size)
		want, got := make([]byte, len(in)), make([]byte, len(in))
		for i := range rows {
			for j := range columns {
				copy(want[(j*rows+i)*v.Size:][:v.Size], in[(i*columns+j)*v.Size:])
			}
		}
		v.RunStrided(got, in, rows, columns, rows*v.Size, columns*v.Size)
		require.Equal(t, want, got, v.Name)
	}
}

func BenchmarkTranspose(b *testing.B) {
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		b.Run(v.Name, func(b *testing.B) {
			const n = 512
			in, out := make([]byte, n*n*v.Size), make([]byte, n*n*v.Size)
			b.SetBytes(n * n * int64(v.Size))
			for b.Loop() {
				v.RunStrided(out, in, n, n, n*v.Size, n*v.Size)
			}
		})
	}
}
