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
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
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
		sized := func(by func(isa.Set, core.Type, int, int) Reducer, typ core.Type) func(taps, columns int) Reducer {
			return func(taps, columns int) Reducer { return by(s, typ, taps, columns) }
		}
		for _, c := range []struct {
			op  core.Op
			typ core.Type
			by  func(taps, columns int) Reducer
		}{
			{&reduce.Sum{Reduction: along}, core.F32, sized(Sum, core.F32)},
			{&reduce.Mean{Reduction: along}, core.F32, sized(Mean, core.F32)},
			{&reduce.Prod{Reduction: along}, core.F32, sized(Product, core.F32)},
			{&reduce.Max{Reduction: along}, core.F32, Largest(s).Reducer},
			{&reduce.Min{Reduction: along}, core.F32, Smallest(s).Reducer},
			{&reduce.Sum{Reduction: along}, core.F64, sized(Sum, core.F64)},
			{&reduce.Mean{Reduction: along}, core.F64, sized(Mean, core.F64)},
			{&reduce.Prod{Reduction: along}, core.F64, sized(Product, core.F64)},
		} {
			for _, taps := range []int{1, 2, 15, 16, 17, 96, 97, 300, 2100} {
				for _, columns := range []int{1, 2, 7, 64, 1030} {
					if taps*columns > 20_000 {
						continue
					}
					for kind := range numKinds {
						r := rand.New(rand.NewPCG(uint64(taps), uint64(columns)))
						matrices := 1 + 70/columns
						x := tensorOf(t, c.typ, core.Shape{matrices, taps, columns}, kind.numbers(r, matrices*taps*columns))
						want := make([]*core.Tensor, 1)
						require.NoError(t, c.op.Eval([]*core.Tensor{x}, want))
						got := reduceAll(c.by(taps, columns), c.typ.Size(), x.Bytes(), matrices, taps, columns)
						require.Equal(t, want[0].Bytes(), got, "%s of %v, %d by %d, kind %d, without %v", core.OpName(c.op),
							c.typ, taps, columns, kind, without)
					}
				}
			}
		}
	}
}

// kind is what numbers are reduced.
type kind int

const (
	ordinary kind = iota
	manyZeros
	withNaN
	vanishing // products are subnormal on the way to 0
	numKinds
)

func (k kind) numbers(r *rand.Rand, n int) []float32 {
	x := numbers(r, n, k == manyZeros || k == withNaN)
	switch k {
	case withNaN:
		x[r.IntN(len(x))] = float32(math.NaN())
	case vanishing:
		for i := range x {
			x[i] *= 0.2
		}
	}
	return x
}

func tensorOf(t *testing.T, typ core.Type, s core.Shape, x []float32) *core.Tensor {
	t.Helper()
	if typ == core.F64 {
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v) / 3
		}
		in, err := core.TensorOf(s, wide)
		require.NoError(t, err)
		return in
	}
	in, err := core.TensorOf(s, x)
	require.NoError(t, err)
	return in
}

func reduceAll(by Reducer, size int, x []byte, matrices, taps, columns int) []byte {
	y, scratch := make([]byte, size*matrices*columns), view.Bytes(make([]float64, (by.Bytes+7)/8))
	for i := 0; i < matrices; i += by.Block {
		n := min(by.Block, matrices-i)
		by.Run(y[size*i*columns:][:size*n*columns], x[size*i*taps*columns:][:size*n*taps*columns], scratch[:by.Bytes])
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
			if seed%3 == 0 {
				keys = make([]uint64, len(row))
			}
			Top(keys, slices.Clone(keys), row)
			var got []int
			for _, key := range keys {
				got = append(got, Index(key))
			}
			require.Equal(t, want[:len(keys)], got)
		})
	}
}

// TestRanksOfHalves compares the largest numbers of 16 bits with those of a sorted row: NaN is below everything, and
// zeros are equal.
func TestRanksOfHalves(t *testing.T) {
	for _, typ := range []core.Type{core.F16, core.BF16} {
		for seed := range uint64(200) {
			t.Run(fmt.Sprint(typ, seed), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 1))
				row := make([]uint16, 1+r.IntN(60))
				for i := range row {
					if row[i] = uint16(r.IntN(1 << 16)); r.IntN(3) == 0 {
						row[i] = []uint16{0, 0x8000, 0x7fff, 0xffff, 1, 0x8001}[r.IntN(6)]
					}
				}
				data, err := core.TensorOver(typ, core.Shape{len(row)}, view.Bytes(row))
				require.NoError(t, err)
				numbers, want := data.Float32s(), make([]uint64, len(row))
				for i := range want {
					want[i] = uint64(i)
				}
				slices.SortStableFunc(want, func(i, j uint64) int { return cmp.Compare(numbers[j], numbers[i]) })
				k := 1 + r.IntN(len(row))
				ranks := Ranks{Orders: make([]uint64, k), Places: make([]uint64, k)}
				ranks.Top(view.Bytes(row), len(row), OrderOf(typ))
				require.Equal(t, want[:k], ranks.Places)
			})
		}
	}
}
