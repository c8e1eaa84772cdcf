package reduction

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// numbers returns numbers, of which many are zeros of both signs if zeros says so.
func numbers(r *rand.Rand, n int, zeros bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		if x[i] = float32(r.NormFloat64()); zeros && r.IntN(2) == 0 {
			x[i] = float32(math.Copysign(0, r.NormFloat64()))
		}
	}
	return x
}

// TestReducers: matrices below, at and above the sizes of blocks are reduced, block by block, to the bits that the ops'
// references give.
func TestReducers(t *testing.T) {
	for _, without := range isatest.Levels() {
		s := isa.Available().Without(without...)
		along := reduce.Reduction{Axes: []int{1}}
		for _, c := range []struct {
			op core.Op
			by func(taps, columns int) Reducer
		}{
			{&reduce.Sum{Reduction: along}, func(taps, columns int) Reducer { return Sum(s, taps, columns) }},
			{&reduce.Mean{Reduction: along}, func(taps, columns int) Reducer { return Mean(s, taps, columns) }},
			{&reduce.Prod{Reduction: along}, func(taps, columns int) Reducer { return Product(s, taps, columns) }},
			{&reduce.Max{Reduction: along}, Largest(s).Reducer},
			{&reduce.Min{Reduction: along}, Smallest(s).Reducer},
		} {
			for _, taps := range []int{1, 2, 15, 16, 17, 96, 97, 300, 2100} {
				for _, columns := range []int{1, 2, 7, 64, 1030} {
					if taps*columns > 20_000 {
						continue
					}
					for zeros, special := range []float32{0, 0, float32(math.NaN())} {
						r := rand.New(rand.NewPCG(uint64(taps), uint64(columns)))
						matrices := 1 + 70/columns
						x := numbers(r, matrices*taps*columns, zeros > 0)
						if special != 0 {
							x[r.IntN(len(x))] = special
						}
						in, err := core.TensorOf(core.Shape{matrices, taps, columns}, x)
						require.NoError(t, err)
						want := make([]*core.Tensor, 1)
						require.NoError(t, c.op.Eval([]*core.Tensor{in}, want))
						got := reduceAll(c.by(taps, columns), in.Bytes(), matrices, taps, columns)
						for i, w := range core.Data[float32](want[0]) {
							if math.Float32bits(w) != math.Float32bits(got[i]) {
								t.Fatalf("%s of %d by %d, element %d: want %v, got %v", core.OpName(c.op), taps, columns, i, w, got[i])
							}
						}
					}
				}
			}
		}
	}
}

func reduceAll(by Reducer, x []byte, matrices, taps, columns int) []float32 {
	y, scratch := make([]float32, matrices*columns), machine.Bytes(make([]float32, by.Bytes/4))
	for i := 0; i < matrices; i += by.Block {
		n := min(by.Block, matrices-i)
		by.Run(machine.Bytes(y[i*columns:][:n*columns]), x[4*i*taps*columns:][:4*n*taps*columns], scratch)
	}
	return y
}

// TestTop compares the largest numbers with those of a sorted row.
func TestTop(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			row := numbers(r, 1+r.IntN(300), seed%2 == 0)
			for range r.IntN(3) {
				row[r.IntN(len(row))] = float32(math.NaN())
			}
			want := make([]int, len(row))
			for i := range want {
				want[i] = i
			}
			slices.SortStableFunc(want, func(i, j int) int { return cmp.Compare(row[j], row[i]) })
			keys := make([]uint64, 1+r.IntN(len(row)))
			Top(keys, row)
			var got []int
			for _, key := range keys {
				got = append(got, Index(key))
			}
			require.Equal(t, want[:len(keys)], got)
		})
	}
}
