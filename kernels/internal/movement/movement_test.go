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

// TestSizes covers matrices below, at and above the tiles, with and without gaps between rows, in two
// parts as threads would.
func TestSizes(t *testing.T) {
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		t.Run(v.Name, func(t *testing.T) {
			sizes := []int{1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 100}
			for _, rows := range sizes {
				for _, columns := range sizes {
					r := rand.New(rand.NewPCG(uint64(rows), uint64(columns)))
					for _, gap := range []int{0, 3 * v.Size} {
						m := Matrix{
							Rows: rows, Columns: columns, OutStride: rows*v.Size + gap, InStride: columns*v.Size + gap,
						}
						m.In = make([]byte, span(rows, columns, m.InStride, v.Size))
						for i := range m.In {
							m.In[i] = byte(r.IntN(256))
						}
						end := span(columns, rows, m.OutStride, v.Size)
						got := slices.Repeat([]byte{0xa5}, end+2*guard)
						want := slices.Clone(got)
						for i := range rows {
							for j := range columns {
								copy(want[guard+j*m.OutStride+i*v.Size:][:v.Size], m.In[i*m.InStride+j*v.Size:])
							}
						}
						m.Out = got[guard : guard+end : guard+end]
						v.Run(m, rows/3, rows)
						v.Run(m, 0, rows/3)
						require.True(t, bytes.Equal(want, got), "%d by %d, gap %d", rows, columns, gap)
					}
				}
			}
		})
	}
}

func TestRunPanics(t *testing.T) {
	v := Choose(isa.Available(), 4)
	require.PanicsWithValue(t, "movement: got 20 and 24 bytes for rows 0 to 2 of 2 by 3, want 24 and 24", func() {
		v.Run(Matrix{Out: make([]byte, 24), In: make([]byte, 20), Rows: 2, Columns: 3, OutStride: 8, InStride: 12}, 0, 2)
	})
}

// TestNoAllocation: a call of Run allocates nothing.
func TestNoAllocation(t *testing.T) {
	if simulated {
		t.Skip("simulated routines allocate")
	}
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		m := Matrix{Rows: 33, Columns: 20, OutStride: 33 * v.Size, InStride: 20 * v.Size}
		m.In, m.Out = make([]byte, 33*20*v.Size), make([]byte, 33*20*v.Size)
		require.Zero(t, testing.AllocsPerRun(10, func() { v.Run(m, 0, 33) }), v.Name)
	}
}

func BenchmarkTranspose(b *testing.B) {
	for _, v := range variants.Within(isatest.Runnable(simulated)) {
		b.Run(v.Name, func(b *testing.B) {
			const n = 512
			m := Matrix{Rows: n, Columns: n, OutStride: n * v.Size, InStride: n * v.Size}
			m.In, m.Out = make([]byte, n*n*v.Size), make([]byte, n*n*v.Size)
			b.SetBytes(n * n * int64(v.Size))
			for b.Loop() {
				v.Run(m, 0, n)
			}
		})
	}
}
