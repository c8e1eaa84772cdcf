package product

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

// Pairs are products of matrices [M][K], or [K][M] with TransposeA, and [K][N], or [N][K] with TransposeB. Pair i
// multiplies matrix First[i] of the first operand by matrix Second[i] of the second.
type Pairs struct {
	M, K, N                int
	First, Second          []int
	TransposeA, TransposeB bool
}

// OnePair returns the product of two matrices.
func OnePair(m, k, n int) Pairs {
	one := []int{0}
	return Pairs{M: m, K: k, N: n, First: one, Second: one}
}

// PairsOf returns the products of a BatchDot.
func PairsOf(n *core.Node) Pairs {
	op := n.Op().(*linear.BatchDot)
	a, b, out := n.Inputs()[0].Shape(), n.Inputs()[1].Shape(), n.Outputs()[0].Shape
	batch := out[:len(out)-2]
	p := Pairs{
		M: out[len(out)-2], K: a[len(a)-1], N: out[len(out)-1],
		First: matrixOfPairs(a[:len(a)-2], batch), Second: matrixOfPairs(b[:len(b)-2], batch),
		TransposeA: op.TransposeA, TransposeB: op.TransposeB,
	}
	if p.TransposeA {
		p.K = a[len(a)-2]
	}
	return p
}

// Count returns how many products there are.
func (p *Pairs) Count() int { return len(p.First) }

// matrixOfPairs returns, for each pair of a batch, the matrix of an operand whose batch s is broadcast.
func matrixOfPairs(s, batch core.Shape) []int {
	matrices := make([]int, batch.MustElements())
	for i := range matrices {
		pair, stride := i, 1
		for k := len(batch) - 1; k >= len(batch)-len(s); k-- {
			d := s[k-len(batch)+len(s)]
			if d > 1 {
				matrices[i] += pair % batch[k] * stride
			}
			pair, stride = pair/batch[k], stride*d
		}
	}
	return matrices
}

// Matrices says where the matrices of a tensor are: those along some axes, which are strides bytes apart.
type Matrices struct {
	Row int // from one row of a matrix to the next, in bytes

	dims, strides []int
}

// WholeMatrices returns where matrices of numbers of size bytes are that lie one behind the other.
func WholeMatrices(count, rows, columns, size int) Matrices {
	return Matrices{dims: []int{count}, strides: []int{size * rows * columns}, Row: size * columns}
}

// At returns the byte at which matrix i begins.
func (m *Matrices) At(i int) int {
	at := 0
	for k := len(m.dims) - 1; k >= 0; k-- {
		at += i % m.dims[k] * m.strides[k]
		i /= m.dims[k]
	}
	return at
}

// newMatrices returns where the matrices of a tensor are whose axes have these strides.
func newMatrices(s core.Shape, strides []int) Matrices {
	last := len(s) - 2
	return Matrices{dims: s[:last], strides: strides[:last], Row: strides[last]}
}

// RowTranspose returns, for a transpose of elements of 4 or 8 bytes that leaves the last axis, where the data has the
// matrices of the result, and where the result has those of the data; false for another node.
func RowTranspose(t *core.Node) (ofResult, ofData Matrices, ok bool) {
	op, ok := t.Op().(*array.Transpose)
	if !ok {
		return ofResult, ofData, false
	}
	data, result := t.Inputs()[0].Shape(), t.Outputs()[0].Shape
	last, size := len(data)-1, t.Outputs()[0].Type.Size()
	_, order, err := op.Permutation(data)
	if err != nil || size != 4 && size != 8 || last < 1 || order[last] != last {
		return ofResult, ofData, false
	}
	inData, inResult := stridesOf(data, size), stridesOf(result, size)
	forResult, forData := make([]int, len(data)), make([]int, len(data))
	for to, from := range order {
		forResult[to], forData[from] = inData[from], inResult[to]
	}
	return newMatrices(result, forResult), newMatrices(data, forData), true
}

// stridesOf returns how many bytes apart the elements along each axis of a tensor of elements of size bytes are.
func stridesOf(s core.Shape, size int) []int {
	strides, step := make([]int, len(s)), size
	for i := len(s) - 1; i >= 0; i-- {
		strides[i] = step
		step *= s[i]
	}
	return strides
}
