package product

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// counting returns a tensor of small whole numbers, whose products and sums are exact.
func counting(t *testing.T, s core.Shape) *core.Tensor {
	v := make([]float32, s.MustElements())
	for i := range v {
		v[i] = float32(i%17 - 6)
	}
	return tensor(t, s, v...)
}

// element returns element (row, column) of a matrix of float32.
func element(t *core.Tensor, m *Matrices, matrix, row, column int) float32 {
	return view.Of[float32](t.Bytes()[m.At(matrix)+row*m.Row:])[column]
}

func TestPairsMultiplyWhatABatchDotDoes(t *testing.T) {
	for _, c := range []struct {
		a, b                   core.Shape
		transposeA, transposeB bool
	}{
		{core.Shape{2, 3}, core.Shape{3, 4}, false, false},
		{core.Shape{5, 2, 3}, core.Shape{5, 3, 4}, false, false},
		{core.Shape{5, 3, 2}, core.Shape{5, 4, 3}, true, true},
		{core.Shape{2, 3}, core.Shape{5, 4, 3}, false, true},
		{core.Shape{2, 1, 2, 3}, core.Shape{3, 3, 4}, false, false},
		{core.Shape{1, 3, 3, 2}, core.Shape{2, 1, 3, 4}, true, false},
	} {
		t.Run(fmt.Sprintf("a=%v,%t,b=%v,%t", c.a, c.transposeA, c.b, c.transposeB), func(t *testing.T) {
			op := &linear.BatchDot{TransposeA: c.transposeA, TransposeB: c.transposeB}
			a, b := counting(t, c.a), counting(t, c.b)
			y, err := core.Apply(op, input(t, a, true), input(t, b, true))
			require.NoError(t, err)
			want, err := core.EvalOp(op, []*core.Tensor{a, b})
			require.NoError(t, err)
			p := PairsOf(y.Node)
			require.Equal(t, want[0].Len(), p.Count()*p.M*p.N)
			left := WholeMatrices(a.Len()/(p.M*p.K), p.M, p.K, 4)
			if p.TransposeA {
				left = WholeMatrices(a.Len()/(p.M*p.K), p.K, p.M, 4)
			}
			right := WholeMatrices(b.Len()/(p.K*p.N), p.K, p.N, 4)
			if p.TransposeB {
				right = WholeMatrices(b.Len()/(p.K*p.N), p.N, p.K, 4)
			}
			out := WholeMatrices(p.Count(), p.M, p.N, 4)
			for i := range p.Count() * p.M * p.N {
				pair, m, n := i/(p.M*p.N), i/p.N%p.M, i%p.N
				sum := float32(0)
				for k := range p.K {
					x, y := [2]int{m, k}, [2]int{k, n}
					if p.TransposeA {
						x = [2]int{k, m}
					}
					if p.TransposeB {
						y = [2]int{n, k}
					}
					sum += element(a, &left, p.First[pair], x[0], x[1]) * element(b, &right, p.Second[pair], y[0], y[1])
				}
				require.Equal(t, element(want[0], &out, pair, m, n), sum, "pair %d, row %d, column %d", pair, m, n)
			}
		})
	}
}

func TestOnePair(t *testing.T) {
	assert.Equal(t, Pairs{M: 2, K: 3, N: 4, First: []int{0}, Second: []int{0}}, OnePair(2, 3, 4))
}

// The rows of a transpose that leaves the last axis are in the data, and those of the data in its result.
func TestRowTranspose(t *testing.T) {
	for _, c := range []struct {
		shape core.Shape
		order []int
		want  bool
	}{
		{core.Shape{2, 3, 4, 5}, []int{0, 2, 1, 3}, true},
		{core.Shape{2, 3, 4, 5}, []int{2, 0, 1, 3}, true},
		{core.Shape{3, 4, 5}, []int{1, 0, 2}, true},
		{core.Shape{4, 5}, []int{0, 1}, true},
		{core.Shape{3, 4, 5}, []int{0, 2, 1}, false},
		{core.Shape{5}, []int{0}, false},
	} {
		t.Run(fmt.Sprintf("%v,%v", c.shape, c.order), func(t *testing.T) {
			op := &array.Transpose{Order: c.order}
			data := counting(t, c.shape)
			y, err := core.Apply(op, input(t, data, true))
			require.NoError(t, err)
			ofResult, ofData, ok := RowTranspose(y.Node)
			require.Equal(t, c.want, ok)
			if !ok {
				return
			}
			result, err := core.EvalOp(op, []*core.Tensor{data})
			require.NoError(t, err)
			requireSameMatrices(t, result[0], data, &ofResult)
			requireSameMatrices(t, data, result[0], &ofData)
		})
	}
	order := &array.Transpose{Order: []int{0, 1}}
	other, err := core.Apply(order, input(t, tensor(t, core.Shape{2, 2}, uint8(1), 2, 3, 4), true))
	require.NoError(t, err)
	_, _, ok := RowTranspose(other.Node)
	assert.False(t, ok, "elements of another size")
	_, _, ok = RowTranspose(core.NewConstant(counting(t, core.Shape{2, 2})).Node)
	assert.False(t, ok, "another op")
}

// requireSameMatrices checks that the matrices of want are where at says in got.
func requireSameMatrices(t *testing.T, want, got *core.Tensor, at *Matrices) {
	t.Helper()
	s := want.Shape()
	rows, columns := s[len(s)-2], s[len(s)-1]
	whole := WholeMatrices(want.Len()/(rows*columns), rows, columns, 4)
	for i := range want.Len() {
		matrix, row, column := i/(rows*columns), i/columns%rows, i%columns
		require.Equal(t, element(want, &whole, matrix, row, column), element(got, at, matrix, row, column),
			"matrix %d, row %d, column %d", matrix, row, column)
	}
}

func TestZeroPointIsByte(t *testing.T) {
	for _, c := range []struct {
		zero ZeroPoint
		want bool
	}{
		{ZeroPoint{Constant: 0, typ: core.I32}, true},
		{ZeroPoint{Constant: 255, typ: core.I32}, true},
		{ZeroPoint{Constant: 256, typ: core.I32}, false},
		{ZeroPoint{Constant: -1, typ: core.I32}, false},
		{ZeroPoint{Computed: true, typ: core.U8}, true},
		{ZeroPoint{Computed: true, typ: core.I8, shift: 128}, true},
		{ZeroPoint{Computed: true, typ: core.I32}, false},
	} {
		t.Run(fmt.Sprintf("%+v", c.zero), func(t *testing.T) { assert.Equal(t, c.want, c.zero.IsByte()) })
	}
}

func TestLargestStartsBoundThoseOfEveryByte(t *testing.T) {
	slope := []int32{3, -40, 0}
	for z := range int32(256) {
		for i, most := range LargestStarts(slope, ZeroPoint{Computed: true, typ: core.U8}) {
			start := float64(z * slope[i])
			assert.LessOrEqual(t, math.Abs(start), math.Abs(float64(most)))
		}
	}
	assert.Equal(t, []int32{math.MaxInt32, math.MaxInt32, math.MaxInt32},
		LargestStarts(slope, ZeroPoint{Computed: true, typ: core.I32}))
}

// What is packed differently has different keys.
func TestKeys(t *testing.T) {
	seen := map[string]string{}
	add := func(name string, k *share.Key) {
		assert.Empty(t, seen[k.String()], "%s has the key of another one", name)
		seen[k.String()] = name
	}
	key := func() *share.Key { return share.NewKey("test") }
	for _, z := range []ZeroPoint{
		{Constant: 1}, {Constant: 2}, {Computed: true, typ: core.U8}, {Computed: true, typ: core.I32},
	} {
		add(fmt.Sprintf("%+v", z), z.AddTo(key()))
	}
	for name, e := range map[string]*Epilogue{
		"raw":       Raw(),
		"scale":     {Epilogue: gemm.Epilogue{Scale: []float32{1}}},
		"bias":      {Epilogue: gemm.Epilogue{Bias: []float32{1}}},
		"relu":      {Epilogue: gemm.Epilogue{Relu: true}},
		"flip":      {Epilogue: gemm.Epilogue{Flip: true}},
		"sum scale": {Epilogue: gemm.Epilogue{SumScale: 2}},
	} {
		add(name, e.AddTo(key()))
	}
	w := Weights{Key: share.NewKey("weights"), Products: 2, Columns: 4, Zeros: []int32{1, 2, 3, 4}}
	add("group 0 of 2", w.Group(0, 2).Key)
	add("group 1 of 2", w.Group(1, 2).Key)
	add("group 0 of 4", w.Group(0, 4).Key)
	add("ones", w.WithOnes().Key)
	add("rows of zero points", w.ZeroRows().Key)
	assert.Equal(t, w, w.Group(0, 1), "one group has all columns")
}

func TestChannelsOf(t *testing.T) {
	assert.Equal(t, 1, ChannelsOf(core.Shape{}, 1))
	assert.Equal(t, 1, ChannelsOf(core.Shape{5}, 1), "a column, whose rows are the last axis")
	assert.Equal(t, 3, ChannelsOf(core.Shape{5, 3}, 3))
	assert.Equal(t, 3, ChannelsOf(core.Shape{5, 2, 3}, 6))
}
