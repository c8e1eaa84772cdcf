package matrix

import "github.com/tf2ng/tf2ng/core"

var _ = core.Register[BandedTriangularSolve]("BandedTriangularSolve")

// BandedTriangularSolve is TriangularSolve for a matrix that is given by its diagonals, the main one first if Lower,
// else last. Element i of a diagonal stands in row i of the matrix.
//
//	Inputs:  bands: f32 or f64, [..., diagonals, n]
//	         b: the type of bands, [..., n, k]
//	Outputs: y: the type of bands, [..., n, k]
//
//	C1: bands are of f16, f32 or f64, of 1 to n diagonals
//	C2: b has the type of bands and n rows; batch axes broadcast by NumPy's rules
//	C3: no element of the main diagonal is 0 or NaN
//
// It is TensorFlow's BandedTriangularSolve.
type BandedTriangularSolve struct {
	Lower   bool `json:"lower,omitempty"`
	Adjoint bool `json:"adjoint,omitempty"`
}

// InputNames names the inputs.
func (op *BandedTriangularSolve) InputNames() []string { return []string{"bands", "b"} }

// Infer checks C1 and C2.
func (op *BandedTriangularSolve) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	batch, bands, n, err := split("C1", in, 0)
	if err != nil {
		return nil, err
	}
	if bands == 0 || n != core.Unknown && bands > n {
		return nil, core.Violation("C1", 0, "got shape %v, want 1 to %d diagonals", in[0].Shape, n)
	}
	more, rows, columns, err := split("C2", in, 1)
	if err != nil {
		return nil, err
	}
	both, ok := joinBatches(batch, more, true)
	if !ok || n != rows && n != core.Unknown && rows != core.Unknown {
		return nil, core.Violation("C2", 1, "got shape %v, want %d rows, and batch axes that fit %v", in[1].Shape, n,
			in[0].Shape)
	}
	return checked(join(in, both, max(n, rows), columns))
}

// BatchInputs is that of a batch which is not broadcast.
func (op *BandedTriangularSolve) BatchInputs(in []core.Fact, out core.Shape) []bool {
	return matrices{}.BatchInputs(in, out)
}

// Eval solves one after the other.
func (op *BandedTriangularSolve) Eval(in, out []*core.Tensor) error {
	in, err := broadcastBatches(op, in, out)
	if err != nil {
		return err
	}
	s := out[0].Shape()
	n, columns := s[len(s)-2], s[len(s)-1]
	bands := in[0].Shape()[len(s)-2]
	a, y := make([]float64, bands*n), make([]float64, n*columns)
	return each(in[0], bands*n, out[0], func(k int) error {
		load(a, in[0], k)
		main := a[:n]
		if !op.Lower {
			main = a[(bands-1)*n:]
		}
		for _, v := range main {
			if !(v > 0 || v < 0) {
				return core.Violation("C3", 0, "got matrix %d, which is not invertible", k)
			}
		}
		load(y, in[1], k)
		op.solve(a, main, y, bands, n, columns)
		store(out[0], k, y)
		return nil
	})
}

func (op *BandedTriangularSolve) solve(a, main, y []float64, bands, n, columns int) {
	at := func(distance, i, j int) float64 { // of the row i and the column j of what is solved
		row, band := i, distance
		if op.Adjoint {
			row = j
		}
		if !op.Lower {
			band = bands - 1 - distance
		}
		return a[band*n+row]
	}
	forward := op.Lower != op.Adjoint
	for step := range n {
		i, direction := step, -1
		if !forward {
			i, direction = n-1-step, 1
		}
		row := y[i*columns : (i+1)*columns]
		for distance := min(bands-1, step); distance > 0; distance-- {
			j := i + direction*distance
			subtract(row, y[j*columns:(j+1)*columns], at(distance, i, j))
		}
		divide(row, main[i])
	}
}
