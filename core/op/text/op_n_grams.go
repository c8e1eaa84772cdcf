package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[NGrams]("StringNGrams")

// NGrams joins as many neighbouring strings of a row as each of Widths says, at each place of the row.
//
//	Inputs:  x: string, [n]: the rows of a ragged tensor one after the other
//	         splits: i32 or i64, [rows+1]: where each row begins, and the last one ends
//	Outputs: y: string, [m]: of each row those of the first width, then those of the second and so on
//	         splits: the type of splits, [rows+1]: where those of each row begin
//
//	C1: x is a vector of strings
//	C2: splits are i32 or i64, a vector, from 0 up to n without a decrease, or empty
//	C3: each of Widths is 1 or more
//	C4: Pad is 0 or more if KeepShort is set and a row has no n-grams
//
// On either side of a row are Pad strings Left and Right, but always fewer than the width, and as many as that if Pad
// is below 0. With KeepShort a row that is too short for all widths becomes one n-gram.
//
// It is TensorFlow's StringNGrams.
type NGrams struct {
	Widths    []int64 `json:"widths"`
	Separator string  `json:"separator,omitempty"`
	Left      string  `json:"left,omitempty"`
	Right     string  `json:"right,omitempty"`
	Pad       int64   `json:"pad,omitempty"`
	KeepShort bool    `json:"keep_short,omitempty"`
}

// InputNames names the inputs.
func (op *NGrams) InputNames() []string { return []string{"x", "splits"} }

// maxNGram bounds the widths and the padding.
const maxNGram = 1 << 30

// Infer checks the types and shapes, and C3.
func (op *NGrams) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := wantVector("C1", in, 0); err != nil {
		return nil, err
	}
	if err := infer.CheckIndexVector("C2", in, 1); err != nil {
		return nil, err
	}
	for _, w := range op.Widths {
		if w < 1 || w > maxNGram {
			return nil, core.Violation("C3", -1, "widths: got %d, want 1 to %d", op.Widths, maxNGram)
		}
	}
	if op.Pad > maxNGram {
		return nil, core.Violation("C4", -1, "pad: got %d, want up to %d", op.Pad, maxNGram)
	}
	s, _ := in[1].Shape.Merge(infer.UnknownShape(1))
	return []core.Fact{{Type: core.String, Shape: core.Shape{core.Unknown}}, {Type: in[1].Type, Shape: s}}, nil
}

// pad returns how many strings stand on either side for a width.
func (op *NGrams) pad(width int64) int64 {
	if op.Pad < 0 {
		return width - 1
	}
	return min(op.Pad, width-1)
}

// Eval counts the n-grams of each row, and makes them.
func (op *NGrams) Eval(in, out []*core.Tensor) error {
	x, splits := in[0].Strings(), in[1].Int64s()
	if err := checkSplits("C2", splits, len(x)); err != nil {
		return err
	}
	starts := make([]int64, len(splits))
	for i := 1; i < len(splits) && len(x) > 0; i++ {
		n, length := int64(0), splits[i]-splits[i-1]
		for _, w := range op.Widths {
			n += max(0, length+2*op.pad(w)-w+1)
		}
		if n == 0 && op.KeepShort && length > 0 {
			if n = 1; op.Pad < 0 {
				return core.Violation("C4", -1, "pad: got %d, want 0 or more for the %d strings of row %d", op.Pad, length,
					i-1)
			}
		}
		if starts[i] = starts[i-1] + n; starts[i] > core.MaxElements {
			return core.Violation("", -1, "more than %d n-grams", int64(core.MaxElements))
		}
	}
	last := int64(0)
	if len(starts) > 0 {
		last = starts[len(starts)-1]
	}
	if err := allocate(op, out, 0, core.String, core.Shape{int(last)}); err != nil {
		return err
	}
	if err := allocate(op, out, 1, in[1].Type(), core.Shape{len(splits)}); err != nil {
		return err
	}
	elements.SetInts(out[1], starts)
	m := ngrams{op: op, y: out[0].Strings()[:0], room: room{op: op}}
	for i := 1; i < len(splits) && last > 0; i++ {
		row, before := x[splits[i-1]:splits[i]], len(m.y)
		for _, w := range op.Widths {
			if err := m.add(row, w); err != nil {
				return err
			}
		}
		if len(m.y) == before && starts[i] > starts[i-1] {
			if err := m.add(row, int64(len(row))+2*op.Pad); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSplits checks that splits, input 1, divide n elements.
func checkSplits(constraint string, splits []int64, n int) error {
	last := int64(0)
	for i, v := range splits {
		if v < last || v > int64(n) || i == 0 && v != 0 {
			return core.Violation(constraint, 1, "got %d at %d behind %d, want 0 to %d without a decrease", v, i, last, n)
		}
		last = v
	}
	if len(splits) > 0 && last != int64(n) {
		return core.Violation(constraint, 1, "got %d as the last one, want %d", last, n)
	}
	return nil
}

// ngrams collects n-grams in y, which has room for them.
type ngrams struct {
	op *NGrams
	y  []string
	room
}

// add makes those of one width of a row.
func (m *ngrams) add(row []string, width int64) error {
	pad := m.op.pad(width)
	n := int64(len(row)) + 2*pad - width + 1
	for i := range n {
		left, right := max(0, pad-i), max(0, pad-(n-i-1))
		first := max(0, i-pad)
		parts := row[first : first+width-left-right]
		bytes := left*int64(len(m.op.Left)) + right*int64(len(m.op.Right)) + (left+right)*int64(len(m.op.Separator))
		if err := m.take(int(bytes)); err != nil {
			return err
		}
		if err := m.takeJoined(parts, m.op.Separator); err != nil {
			return err
		}
		var b strings.Builder
		between := ""
		write := func(s string) {
			b.WriteString(between)
			b.WriteString(s)
			between = m.op.Separator
		}
		for range left {
			write(m.op.Left)
		}
		for _, s := range parts {
			write(s)
		}
		for range right {
			write(m.op.Right)
		}
		m.y = append(m.y, b.String())
	}
	return nil
}
