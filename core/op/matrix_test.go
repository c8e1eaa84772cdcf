package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/matrix"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// matrixBaselines are those of linear algebra.
func matrixBaselines(t testing.TB) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 17)), s) }
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	definite := tensor(t, core.Shape{2, 2, 2}, float64(2), 1, 1, 3, 5, -1, -1, 4)
	return []baseline{
		{&matrix.Inverse{Adjoint: true}, in(f(2, 3, 3))},
		{&matrix.Exponential{}, in(f(2, 3, 3))},
		{&matrix.Determinant{}, in(f(2, 3, 3))},
		{&matrix.LogDeterminant{}, in(f(2, 3, 3))},
		{&matrix.Solve{}, in(f(2, 3, 3), f(2, 3, 2))},
		{&matrix.TriangularSolve{Lower: true}, in(f(2, 3, 3), f(3, 2))},
		{&matrix.TriangularSolve{}, in(f(2, 3, 3), f(2, 3, 2))},
		{&matrix.BandedTriangularSolve{}, in(f(2, 2, 4), f(2, 4, 2))},
		{&matrix.TridiagonalSolve{Pivoting: true}, in(f(2, 3, 4), f(2, 4, 1))},
		{&matrix.TridiagonalProduct{}, in(f(2, 1, 4), f(2, 1, 4), f(2, 1, 4), f(2, 4, 2))},
		{&matrix.Cholesky{}, in(definite)},
		{&matrix.QR{}, in(f(2, 4, 3))},
		{&matrix.QR{Full: true}, in(f(2, 4, 3))},
		{&matrix.SelfAdjointEig{Vectors: true}, in(definite)},
		{&matrix.SelfAdjointEig{}, in(f(3, 3))},
		{&matrix.SVD{Vectors: true}, in(f(2, 3, 4))},
		{&matrix.SVD{Vectors: true, Full: true}, in(f(4, 3))},
		{&matrix.SVD{}, in(f(3, 3))},
	}
}

func TestConstraintsOfMatrixOps(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	f64 := func(s ...int) core.Operand { return operand(core.F64, s) }
	for _, c := range []struct {
		op   core.Op
		in   []core.Operand
		want string
	}{
		{
			&matrix.Inverse{}, ops(i32(2, 2)),
			"MatrixInverse: input 0: got type i32, want one of [f16 f32 f64] (MatrixInverse-C1)",
		},
		{&matrix.Inverse{}, ops(f32(2)), "MatrixInverse: input 0: got shape [2], want rank 2 or more (MatrixInverse-C1)"},
		{
			&matrix.Determinant{}, ops(f32(2, 3)),
			"MatrixDeterminant: input 0: got shape [2,3], want square matrices (MatrixDeterminant-C1)",
		},
		{
			&matrix.Exponential{}, ops(f32(2, 3)),
			"MatrixExponential: input 0: got shape [2,3], want square matrices (MatrixExponential-C1)",
		},
		{
			&matrix.LogDeterminant{}, ops(f32(2, 3)),
			"LogMatrixDeterminant: input 0: got shape [2,3], want square matrices (LogMatrixDeterminant-C1)",
		},
		{
			&matrix.Solve{}, ops(f32(2, 3), f32(2, 1)),
			"MatrixSolve: input 0 (a): got shape [2,3], want square matrices (MatrixSolve-C1)",
		},
		{
			&matrix.Solve{}, ops(f32(2, 2), f64(2, 1)),
			"MatrixSolve: input 1 (b): got type f64, want f32 (MatrixSolve-C2)",
		},
		{
			&matrix.Solve{}, ops(f32(2, 2), f32(3, 1)),
			"MatrixSolve: input 1 (b): got shape [3,1], want 2 rows (MatrixSolve-C2)",
		},
		{
			&matrix.Solve{}, ops(f32(4, 2, 2), f32(2, 1)),
			"MatrixSolve: input 1 (b): got shape [2,1] beside [4,2,2], want batch axes that fit (MatrixSolve-C2)",
		},
		{
			&matrix.TriangularSolve{}, ops(f32(2, 3), f32(2, 1)),
			"MatrixTriangularSolve: input 0 (a): got shape [2,3], want square matrices (MatrixTriangularSolve-C1)",
		},
		{
			&matrix.TriangularSolve{}, ops(f32(4, 2, 2), f32(3, 2, 1)),
			"MatrixTriangularSolve: input 1 (b): got shape [3,2,1] beside [4,2,2], want batch axes that fit " +
				"(MatrixTriangularSolve-C2)",
		},
		{
			&matrix.BandedTriangularSolve{}, ops(f32(3, 2), f32(2, 1)),
			"BandedTriangularSolve: input 0 (bands): got shape [3,2], want 1 to 2 diagonals (BandedTriangularSolve-C1)",
		},
		{
			&matrix.BandedTriangularSolve{}, ops(f32(2, 2), f32(3, 1)),
			"BandedTriangularSolve: input 1 (b): got shape [3,1], want 2 rows, and batch axes that fit [2,2] " +
				"(BandedTriangularSolve-C2)",
		},
		{
			&matrix.TridiagonalSolve{}, ops(f32(2, 2), f32(2, 1)),
			"TridiagonalSolve: input 0 (diagonals): got shape [2,2], want [...,3,n] (TridiagonalSolve-C1)",
		},
		{
			&matrix.TridiagonalSolve{}, ops(f32(3, 2), f32(3, 1)),
			"TridiagonalSolve: input 1 (b): got shape [3,1], want 2 rows and the batch axes of [3,2] (TridiagonalSolve-C2)",
		},
		{
			&matrix.TridiagonalProduct{}, ops(f32(1, 2), f32(2), f32(1, 2), f32(2, 1)),
			"TridiagonalProduct: input 1 (main): got shape [2], want rank 2 or more (TridiagonalProduct-C1)",
		},
		{
			&matrix.TridiagonalProduct{}, ops(f32(1, 2), f32(2, 2), f32(1, 2), f32(2, 1)),
			"TridiagonalProduct: input 1 (main): got shape [2,2] beside [1,2] (TridiagonalProduct-C2)",
		},
		{
			&matrix.TridiagonalProduct{}, ops(f32(1, 2), f32(1, 2), f32(1, 2), f32(3, 1)),
			"TridiagonalProduct: input 3 (x): got shape [3,1] beside [1,2] (TridiagonalProduct-C3)",
		},
		{&matrix.Cholesky{}, ops(f32(2, 3)), "Cholesky: input 0: got shape [2,3], want square matrices (Cholesky-C1)"},
		{&matrix.QR{}, ops(f32(3)), "MatrixQR: input 0: got shape [3], want rank 2 or more (MatrixQR-C1)"},
		{
			&matrix.SelfAdjointEig{}, ops(f32(2, 3)),
			"SelfAdjointEig: input 0: got shape [2,3], want square matrices (SelfAdjointEig-C1)",
		},
		{&matrix.SVD{}, ops(f32(3)), "MatrixSVD: input 0: got shape [3], want rank 2 or more (MatrixSVD-C1)"},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := core.NewNode(c.op, testgraph.Values(t, c.in)...)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestMatricesThatHaveNoResult(t *testing.T) {
	singular := tensor(t, core.Shape{2, 2}, float32(1), 2, 2, 4)
	nan := tensor(t, core.Shape{2, 2}, float32(math.NaN()), 1, 1, 1)
	column := tensor(t, core.Shape{2, 1}, float32(1), 2)
	for _, c := range []struct {
		op   core.Op
		in   []*core.Tensor
		want string
	}{
		{
			&matrix.Inverse{},
			[]*core.Tensor{singular},
			"MatrixInverse: input 0: got matrix 0, which is not invertible (MatrixInverse-C2)",
		},
		{
			&matrix.Solve{},
			[]*core.Tensor{nan, column},
			"MatrixSolve: input 0 (a): got matrix 0, which is not invertible (MatrixSolve-C3)",
		},
		{
			&matrix.BandedTriangularSolve{},
			[]*core.Tensor{tensor(t, core.Shape{1, 2}, float32(1), 0), column},
			"BandedTriangularSolve: input 0 (bands): got matrix 0, which is not invertible (BandedTriangularSolve-C3)",
		},
		{
			&matrix.SelfAdjointEig{},
			[]*core.Tensor{nan},
			"SelfAdjointEig: input 0: got matrix 0, for which the steps do not end (SelfAdjointEig-C2)",
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := core.EvalOp(c.op, c.in)
			require.EqualError(t, err, c.want)
		})
	}
}

// The factors of a matrix are orthogonal where they should be, and their product is the matrix.
func TestFactorsOfMatrices(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range [][2]int{{1, 1}, {2, 2}, {7, 3}, {3, 7}, {24, 24}, {40, 20}} {
		m, n := s[0], s[1]
		numbers := make([]float64, m*n)
		for i := range numbers {
			numbers[i] = r.NormFloat64()
		}
		a := tensor(t, core.Shape{m, n}, numbers...)
		qr, err := core.EvalOp(&matrix.QR{Full: true}, []*core.Tensor{a})
		require.NoError(t, err)
		orthonormal(t, qr[0])
		assert.InDeltaSlice(t, numbers, product(qr[0], qr[1], false), 1e-13)
		svd, err := core.EvalOp(&matrix.SVD{Vectors: true}, []*core.Tensor{a})
		require.NoError(t, err)
		orthonormal(t, svd[1])
		orthonormal(t, svd[2])
		assert.InDeltaSlice(t, numbers, product(scaled(t, svd[1], svd[0]), svd[2], true), 1e-12)
		square := tensor(t, core.Shape{m, m}, product(a, a, true)...)
		eigen, err := core.EvalOp(&matrix.SelfAdjointEig{Vectors: true}, []*core.Tensor{square})
		require.NoError(t, err)
		orthonormal(t, eigen[1])
		assert.InDeltaSlice(t, core.Data[float64](square), product(scaled(t, eigen[1], eigen[0]), eigen[1], true), 1e-11)
	}
}

// product returns a times b, or times b transposed.
func product(a, b *core.Tensor, transposed bool) []float64 {
	m, k, n := a.Shape()[0], a.Shape()[1], b.Shape()[1]
	if transposed {
		n = b.Shape()[0]
	}
	x, y := core.Data[float64](a), core.Data[float64](b)
	out := make([]float64, m*n)
	for i := range out {
		for l := range k {
			at := l*n + i%n
			if transposed {
				at = i%n*k + l
			}
			out[i] += x[i/n*k+l] * y[at]
		}
	}
	return out
}

func scaled(t *testing.T, a, by *core.Tensor) *core.Tensor {
	n := len(core.Data[float64](by))
	y := make([]float64, a.Len())
	for i, v := range core.Data[float64](a) {
		y[i] = v * core.Data[float64](by)[i%n]
	}
	return tensor(t, a.Shape(), y...)
}

// orthonormal requires columns of length 1 at right angles.
func orthonormal(t *testing.T, a *core.Tensor) {
	t.Helper()
	m, n := a.Shape()[0], a.Shape()[1]
	x := core.Data[float64](a)
	for j := range n {
		for k := range n {
			sum, want := 0.0, 0.0
			for i := range m {
				sum += x[i*n+j] * x[i*n+k]
			}
			if j == k {
				want = 1
			}
			require.InDelta(t, want, sum, 1e-13)
		}
	}
}
