package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[MatrixDiag]("MatrixDiag")

// Diagonals says how the diagonals of a matrix, which differ in length, lie in rows of one length: at the right end,
// or at the left one. Diagonal d of a matrix has the elements [i, i+d].
type Diagonals struct {
	RightUpper bool `json:"right_upper,omitempty"` // those above the main diagonal lie at the right end
	RightLower bool `json:"right_lower,omitempty"` // those below it; the main one does if both are true
}

// place returns the length of diagonal d, and where it starts in a row of the given length.
func (a Diagonals) place(d, row, rows, columns int) (length, start int) {
	length = min(rows+min(d, 0), columns-max(d, 0))
	if d >= 0 && !a.RightUpper || d <= 0 && !a.RightLower {
		return length, 0
	}
	return length, row - length
}

// band is a range of diagonals.
type band struct{ lower, upper int }

// bandOf returns the value of k, input i of an op, if it is known. It checks C1.
func bandOf(in []core.Operand, i int) (b band, known bool, err error) {
	k := in[i]
	if !k.Type.Compatible(core.I32) ||
		!k.Shape.Compatible(core.Shape{}) && !k.Shape.Compatible(core.Shape{1}) && !k.Shape.Compatible(core.Shape{2}) {
		return b, false, core.Violation("C1", i, "got %v, want i32 of shape [], [1] or [2]", k.Fact)
	}
	v, known := infer.IntsOf(k)
	if !known {
		return b, false, nil
	}
	if b = (band{int(v[0]), int(v[len(v)-1])}); b.lower > b.upper {
		return b, false, core.Violation("C1", i, "got %v, want a lower diagonal and one that is not below it", v)
	}
	return b, true, nil
}

// within checks that a matrix has the diagonals of a band, C2.
func (b band) within(i, rows, columns int) error {
	for _, d := range []int{b.lower, b.upper} {
		if d != 0 && (rows != core.Unknown && d <= -rows || columns != core.Unknown && d >= columns) {
			return core.Violation("C2", i, "got diagonal %d, want one of a matrix of shape %v", d,
				core.Shape{rows, columns})
		}
	}
	return nil
}

// count is the number of diagonals.
func (b band) count() int { return b.upper - b.lower + 1 }

// longest is the length of the longest diagonal.
func (b band) longest(rows, columns int) int {
	if rows == core.Unknown || columns == core.Unknown {
		return core.Unknown
	}
	return min(rows+min(b.upper, 0), columns-max(b.lower, 0))
}

// shape is the shape of the diagonals of matrices.
func (b band) shape(batch core.Shape, longest int) core.Shape {
	if b.count() > 1 {
		return infer.JoinedShapes(batch, core.Shape{b.count(), longest})
	}
	return infer.JoinedShapes(batch, core.Shape{longest})
}

// each calls f for each diagonal of each matrix that has elements: they are at first and every step further in the
// matrices, and from row on in the rows of diagonals.
func (b band) each(
	a Diagonals, matrices, rows, columns int, f func(first, step, row, length int),
) {
	longest := b.longest(rows, columns)
	for m := range matrices {
		for d := b.upper; d >= b.lower; d-- {
			length, start := a.place(d, longest, rows, columns)
			row := (m*b.count() + b.upper - d) * longest
			if length <= 0 {
				continue
			}
			f(m*rows*columns+max(-d, 0)*columns+max(d, 0), columns+1, row+start, length)
		}
	}
}

// MatrixDiag makes matrices of their diagonals.
//
//	y[..., i, i+d] = the elements of diagonal d, for k[0] <= d <= k[1], from the highest to the lowest; else padding
//
//	Inputs:  diagonal: any type but string, [..., longest], or [..., diagonals, longest] if k names several
//	         k: i32, []; or [2]: the lowest and the highest diagonal
//	         rows, columns: i32, []; -1: as few as the diagonals need, or as many as the other, if both are -1
//	         padding: the type of diagonal, []
//	Outputs: y: the type of diagonal, [..., rows, columns]
//
//	C1: k is i32 of shape [], [1] or [2], in ascending order
//	C2: diagonal has a row for each diagonal, and is not string
//	C3: rows and columns are i32 of shape []; at least one is what the diagonals need, and the other is not less
//	C4: padding has the type of diagonal, and the shape []
//
// It is TensorFlow's MatrixDiag, V2 and V3.
type MatrixDiag struct {
	Diagonals
}

// InputNames names the inputs.
func (op *MatrixDiag) InputNames() []string {
	return []string{"diagonal", "k", "rows", "columns", "padding"}
}

// Infer checks C1 to C4.
func (op *MatrixDiag) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
	}
	b, known, err := bandOf(in, 1)
	if err != nil {
		return nil, err
	}
	x := in[0]
	if x.Type == core.String || x.Shape.Ranked() && len(x.Shape) < 1 {
		return nil, core.Violation("C2", 0, "got %v, want rank 1 or more, not string", x.Fact)
	}
	for i, o := range in[2:4] {
		if !o.Type.Compatible(core.I32) || !o.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C3", i+2, "got %v, want i32[]", o.Fact)
		}
	}
	if err := wantPadding("C4", in, 4); err != nil {
		return nil, err
	}
	if !known || !x.Shape.Ranked() {
		return []core.Fact{{Type: x.Type}}, nil
	}
	batch := x.Shape[:len(x.Shape)-1]
	if b.count() > 1 {
		if len(batch) == 0 || !batch[len(batch)-1:].Compatible(core.Shape{b.count()}) {
			return nil, core.Violation("C2", 0, "got shape %v, want %d diagonals", x.Shape, b.count())
		}
		batch = batch[:len(batch)-1]
	}
	rows, columns, err := b.size(in, x.Shape[len(x.Shape)-1])
	if err != nil {
		return nil, err
	}
	s, err := infer.CheckedShape(infer.JoinedShapes(batch, core.Shape{rows, columns}))
	return []core.Fact{{Type: x.Type, Shape: s}}, err
}

// wantPadding checks that input i is one element of the type of input 0.
func wantPadding(constraint string, in []core.Operand, i int) error {
	if o := in[i]; !o.Type.Compatible(in[0].Type) || !o.Shape.Compatible(core.Shape{}) {
		return core.Violation(constraint, i, "got %v, want %v[]", o.Fact, in[0].Type)
	}
	return nil
}

// size returns the rows and columns of the matrices, as far as they are known. It checks C3.
func (b band) size(in []core.Operand, longest int) (rows, columns int, err error) {
	r, known := infer.IntsOf(in[2])
	c, also := infer.IntsOf(in[3])
	if !known || !also || longest == core.Unknown {
		return core.Unknown, core.Unknown, nil
	}
	least := [2]int{longest - min(b.upper, 0), longest + max(b.lower, 0)}
	got := [2]int{int(r[0]), int(c[0])}
	for i, n := range got {
		if n != -1 && n < least[i] {
			return 0, 0, core.Violation("C3", i+2, "got %d, want -1, or at least %d", n, least[i])
		}
	}
	switch {
	case got == [2]int{-1, -1}:
		got[0] = max(least[0], least[1])
		got[1] = got[0]
	case got[0] == -1:
		got[0] = least[0]
	case got[1] == -1:
		got[1] = least[1]
	}
	if got[0] != least[0] && got[1] != least[1] {
		return 0, 0, core.Violation("C3", 2, "got %d rows and %d columns, want %d rows or %d columns", got[0], got[1],
			least[0], least[1])
	}
	return got[0], got[1], nil
}

// Eval fills the matrices and sets the diagonals.
func (op *MatrixDiag) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	b, _, err := bandOf(core.OperandsOf(in), 1)
	if err != nil {
		return err
	}
	s := out[0].Shape()
	rows, columns := s[len(s)-2], s[len(s)-1]
	elements.Move(elements.Whole(out[0]), elements.Region{Tensor: in[4], Strides: make([]int, len(s))}, s)
	b.each(op.Diagonals, s[:len(s)-2].MustElements(), rows, columns, func(first, step, row, length int) {
		elements.Move(elements.Region{Tensor: out[0], At: first, Strides: []int{step}},
			elements.Region{Tensor: in[0], At: row, Strides: []int{1}}, core.Shape{length})
	})
	return nil
}
