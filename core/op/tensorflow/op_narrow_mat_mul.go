package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/activation"
)

var _ = core.Register[NarrowMatMul]("TFNarrowMatMul")

// NarrowMatMul is the product of two matrices of bf16 whose sums are bf16 as well: that of TensorFlow's
// _FusedMatMul with transpose_a, which Eigen computes. Sums stop growing at 256 times what is added.
//
//	y[m,n] = sum over k of a[m,k] * b[k,n]
//
// Each sum starts with 0 and runs over k, with these roundings to bf16. W is n without its remainder of 16, V that
// without its remainder of 8, H is m without its remainder of 4.
//
//	columns below W:             s = bf16(s + bf16(a*b))
//	the others below V:          the same, but in rows below H two sums, of even and of odd k, are added where k
//	                             reaches its last multiple of 8; the rest of k is added to their sum
//	columns from V on:           s = bf16(s + a*b)
//
// If a is one row, sums are s = bf16(s + a*b) below V, and s = bf16(s + bf16(a*b)) from V on. From 128 rows of b on,
// they are partial sums of 16 k each, or of 4 from 16,000 columns on, which are added in turn.
//
// TensorFlow begins another sum where k exceeds what the CPU's first cache holds: from 1225 k on with 48 KiB. That is
// left out here.
//
//	Inputs:  a: bf16, [m, k]
//	         b: bf16, [k, n]
//	Outputs: y: bf16, [m, n]
//
//	C1: a and b are matrices of bf16
//	C2: a has as many columns as b has rows
type NarrowMatMul struct{}

// InputNames names the inputs.
func (op *NarrowMatMul) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 and C2.
func (op *NarrowMatMul) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	out := core.Shape{core.Unknown, core.Unknown}
	inner := core.Unknown
	for i, o := range in {
		if err := infer.WantType("C1", in, i, core.BF16); err != nil {
			return nil, err
		}
		s := o.Shape
		if !s.Ranked() {
			continue
		}
		if len(s) != 2 {
			return nil, core.Violation("C1", i, "got shape %v, want a matrix", s)
		}
		out[i] = s[i]
		if k := s[1-i]; inner == core.Unknown {
			inner = k
		} else if k != inner && k != core.Unknown {
			return nil, core.Violation("C2", 1, "got shape %v, want %d rows, as many as a has columns", s, inner)
		}
	}
	s, err := infer.CheckedShape(out)
	return []core.Fact{{Type: core.BF16, Shape: s}}, err
}

// Eval sums row by row.
func (op *NarrowMatMul) Eval(in, out []*core.Tensor) error {
	s := core.Shape{in[0].Shape()[0], in[1].Shape()[1]}
	if err := elements.Ensure(out, 0, core.BF16, s); err != nil {
		return err
	}
	rows, inner, columns := s[0], in[0].Shape()[1], s[1]
	a, b, y := in[0].Float32s(), in[1].Float32s(), make([]float32, rows*columns)
	for i := range rows {
		if out[0].Abandoned() {
			return nil
		}
		n := narrowRow{a: a[i*inner:][:inner], b: b, y: y[i*columns:][:columns]}
		switch {
		case rows == 1:
			n.single()
		case i < rows&^3:
			n.sum(true)
		default:
			n.sum(false)
		}
	}
	elements.SetFloat32s(out[0], y)
	return nil
}

// narrowRow multiplies a row of a, whose sums are in y.
type narrowRow struct{ a, b, y []float32 }

// sum computes a row of several; halves says that there are sums of even and of odd k.
func (r narrowRow) sum(halves bool) {
	n, k := len(r.y), len(r.a)
	wide, vectors := n&^15, n&^7
	r.add(0, k, 0, wide, 1, narrowProduct)
	r.add(0, k, vectors, n, 1, narrowSum)
	if !halves || wide == vectors {
		r.add(0, k, wide, vectors, 1, narrowProduct)
		return
	}
	whole := k &^ 7
	odd := narrowRow{r.a, r.b, make([]float32, n)}
	r.add(0, whole, wide, vectors, 2, narrowProduct)
	odd.add(1, whole, wide, vectors, 2, narrowProduct)
	for j := wide; j < vectors; j++ {
		r.y[j] = toBF16(r.y[j] + odd.y[j])
	}
	r.add(whole, k, wide, vectors, 1, narrowProduct)
}

// single computes the only row.
func (r narrowRow) single() {
	n, k := len(r.y), len(r.a)
	step := max(k, 1)
	switch {
	case k >= 128 && n < 16000:
		step = 16
	case k >= 128:
		step = 4
	}
	for from := 0; from < k; from += step {
		part := narrowRow{r.a, r.b, make([]float32, n)}
		part.add(from, min(from+step, k), 0, n&^7, 1, narrowSum)
		part.add(from, min(from+step, k), n&^7, n, 1, narrowProduct)
		for j, v := range part.y {
			r.y[j] = toBF16(r.y[j] + v)
		}
	}
}

// add adds the products of every step-th k from k0 to k1 to the sums of columns j0 to j1.
func (r narrowRow) add(k0, k1, j0, j1, step int, add func(s, a, b float32) float32) {
	n := len(r.y)
	for k := k0; k < k1; k += step {
		for j := j0; j < j1; j++ {
			r.y[j] = add(r.y[j], r.a[k], r.b[k*n+j])
		}
	}
}

// narrowProduct rounds the product and the sum.
func narrowProduct(s, a, b float32) float32 { return toBF16(s + toBF16(a*b)) }

// narrowSum rounds the sum alone: a product of two bf16 is exact.
func narrowSum(s, a, b float32) float32 { return toBF16(s + float32(a*b)) }

func toBF16(x float32) float32 {
	return math.Float32frombits(uint32(activation.F32ToBF16(x)) << 16)
}
