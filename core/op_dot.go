package core

var (
	_ = register[Dot]()
	_ = register[BatchDot]()
)

// Dot is the dot product of reals, in f32.
//
//	y[m..., n...] = sum over k... of f32(a[m..., k...] * b[k..., n...])
//
// k... are the last ReductionAxes axes of a and the first of b. Each sum starts with 0
// and runs over k... in row-major order; product and sum are rounded on their own.
//
//	Inputs:  a: f32, [m..., k...]
//	         b: f32, [k..., n...]
//	Outputs: y: f32, [m..., n...]
//
//	C1: a and b are f32
//	C2: the reduction axes exist in both and have equal sizes
//
// It is nGraph's op::v0::Dot, and TensorFlow's MatMul, which leaves the order open.
type Dot struct {
	ReductionAxes int `json:"reduction_axes_count"`
}

// InputNames names the inputs.
func (op *Dot) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 and C2.
func (op *Dot) Infer(in []Operand) ([]Fact, error) {
	if err := wantF32(in); err != nil {
		return nil, err
	}
	s, err := dotShape(in[0].Shape, in[1].Shape, op.ReductionAxes)
	if err != nil {
		return nil, err
	}
	s, err = checkedShape(s)
	return []Fact{{F32, s}}, err
}

// Eval is the plain loop.
func (op *Dot) Eval(in, out []*Tensor) error {
	s, err := dotShape(in[0].shape, in[1].shape, op.ReductionAxes)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, F32, s); err != nil {
		return err
	}
	m, k, n := dotSizes(in[0].shape, in[1].shape, op.ReductionAxes)
	dot(Data[float32](out[0]), Data[float32](in[0]), Data[float32](in[1]), m, k, n)
	return nil
}

// dot sets y[m, n] to a[m, k] times b[k, n]; the sums of a row are made side by side.
func dot(y, a, b []float32, m, k, n int) {
	clear(y[:m*n])
	for i := range m {
		row := y[i*n : (i+1)*n]
		for l, v := range a[i*k : (i+1)*k] {
			for j, w := range b[l*n : (l+1)*n] {
				row[j] += float32(v * w)
			}
		}
	}
}

// BatchDot multiplies matrices of reals pair by pair, in f32 and in the order of Dot.
//
//	y[batch..., m, n] = sum over k of f32(a[batch..., m, k] * b[batch..., k, n])
//
// The batch dimensions broadcast by NumPy's rules.
//
//	Inputs:  a: f32, [batch..., m, k], or [batch..., k, m] with TransposeA
//	         b: f32, [batch..., k, n], or [batch..., n, k] with TransposeB
//	Outputs: y: f32, [batch..., m, n]
//
//	C1: a and b are f32
//	C2: both have rank 2 or more and equal k
//	C3: the batch dimensions broadcast
//
// It is TensorFlow's BatchMatMulV2, and MatMul with a transposition.
type BatchDot struct {
	TransposeA bool `json:"transpose_a,omitempty"`
	TransposeB bool `json:"transpose_b,omitempty"`
}

// InputNames names the inputs.
func (op *BatchDot) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 to C3.
func (op *BatchDot) Infer(in []Operand) ([]Fact, error) {
	if err := wantF32(in); err != nil {
		return nil, err
	}
	s, err := op.shape(in[0].Shape, in[1].Shape)
	return []Fact{{F32, s}}, err
}

func (op *BatchDot) shape(a, b Shape) (Shape, error) {
	for i, s := range []Shape{a, b} {
		if s.Ranked() && len(s) < 2 {
			return nil, Violation("C2", i, "got shape %v, want rank 2 or more", s)
		}
	}
	if !a.Ranked() || !b.Ranked() {
		return nil, nil
	}
	m, ka := lastTwo(a, op.TransposeA)
	kb, n := lastTwo(b, op.TransposeB)
	if ka != kb && ka != Unknown && kb != Unknown {
		return nil, Violation("C2", 1, "got shape %v for a of shape %v: %d rows to sum, want %d", b, a, kb, ka)
	}
	batch, ok := broadcastPair(a[:len(a)-2], b[:len(b)-2])
	if !ok {
		return nil, Violation("C3", 1, "got shape %v, whose batch does not broadcast with that of %v", b, a)
	}
	return checkedShape(append(batch, m, n))
}

// lastTwo returns the rows and columns of the matrices, as they are multiplied.
func lastTwo(s Shape, transposed bool) (rows, columns int) {
	rows, columns = s[len(s)-2], s[len(s)-1]
	if transposed {
		return columns, rows
	}
	return rows, columns
}

// Eval multiplies each pair.
func (op *BatchDot) Eval(in, out []*Tensor) error {
	s, err := op.shape(in[0].shape, in[1].shape)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, F32, s); err != nil {
		return err
	}
	batch := s[:len(s)-2]
	a, err := matrices(in[0], batch, op.TransposeA)
	if err != nil {
		return err
	}
	b, err := matrices(in[1], batch, op.TransposeB)
	if err != nil {
		return err
	}
	m, n := s[len(s)-2], s[len(s)-1]
	k := a.shape[len(a.shape)-1]
	x, w, y := Data[float32](a), Data[float32](b), Data[float32](out[0])
	for i := range batch.elements() {
		dot(y[i*m*n:], x[i*m*k:], w[i*k*n:], m, k, n)
	}
	return nil
}

// matrices returns t with its batch broadcast and its matrices transposed if asked for.
func matrices(t *Tensor, batch Shape, transposed bool) (*Tensor, error) {
	s := t.shape
	rows, columns := lastTwo(s, transposed)
	to := append(batch.Clone(), rows, columns)
	out, err := NewTensor(F32, to)
	if err != nil {
		return nil, err
	}
	stored := append(batch.Clone(), s[len(s)-2:]...)
	strides := broadcastStrides(s, stored)
	if r := len(to); transposed {
		strides[r-2], strides[r-1] = strides[r-1], strides[r-2]
	}
	move(whole(out), region{t, 0, strides}, to)
	return out, nil
}
