package sparse

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[RaggedToDense]("RaggedToDense")

// Partition is how an input of RaggedToDense tells the rows of a dimension.
type Partition uint8

// The ways.
const (
	FirstDimSize Partition = iota // the number of rows of the outermost dimension, of which the next input tells more
	RowSplits                     // where each row begins, and the last one ends
	ValueRows                     // the row of each value
	numPartitions
)

var partitionNames = [numPartitions]string{"FirstDimSize", "RowSplits", "ValueRows"}

// String returns the name.
func (p Partition) String() string { return enum.Name(p, partitionNames[:]) }

// MarshalText writes the name, which stands for the Partition in JSON.
func (p Partition) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses a name.
func (p *Partition) UnmarshalText(b []byte) error {
	return enum.Parse(p, string(b), "partition", partitionNames[:])
}

// RaggedToDense makes a tensor of a ragged one, whose rows are filled up with a default, or end early.
//
//	Inputs:  shape: i32 or i64, [rank] or []: dimensions of the result; -1: as long as the longest row; -1 alone: all
//	         values: any type, [n, r...]
//	         default: the type of values, a shape that broadcasts to r...
//	         len(Partitions) partitions: i32 or i64, from the outermost dimension to the innermost
//	Outputs: y: the type of values, [rows, ..., r...]
//
//	C1: shape is i32 or i64, [] and -1, or of as many dimensions as there are, each -1 or more, those of r... equal
//	C2: values have rank 1 or more
//	C3: default has the type of values, and a shape of lower rank that broadcasts to r..., and whose dimensions are 1
//	    or equal also those that r... begins with
//	C4: Partitions is one or more RowSplits or ValueRows, the first one RowSplits, or FirstDimSize with some of them
//	    behind it
//	C5: partitions are i32 or i64, all of one type: a number of 0 or more, splits from 0 up to the number of values
//	    below, or the rows of values, which do not decrease
//
// It is TensorFlow's RaggedTensorToTensor.
type RaggedToDense struct {
	Partitions []Partition `json:"partitions"`
}

// partition0 is the number of the first partition among the inputs.
const partition0 = 3

// InputNames names the inputs.
func (op *RaggedToDense) InputNames() []string { return []string{"shape", "values", "default"} }

// ragged returns the number of ragged dimensions.
func (op *RaggedToDense) ragged() int {
	if len(op.Partitions) > 0 && op.Partitions[0] == FirstDimSize {
		return len(op.Partitions) - 1
	}
	return len(op.Partitions)
}

// Infer checks the types and shapes, C4, and C1 for constants.
func (op *RaggedToDense) Infer(in []core.Operand) ([]core.Fact, error) {
	n := op.ragged()
	if n < 1 || n > maxRagged || op.Partitions[0] == ValueRows || slices.Contains(op.Partitions[1:], FirstDimSize) {
		return nil, core.Violation("C4", -1, "partitions: got %v", op.Partitions)
	}
	if err := core.WantInputs(in, partition0+len(op.Partitions)); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.I32, core.I64); err != nil {
		return nil, err
	}
	values := in[1].Shape
	if values.Ranked() && len(values) == 0 {
		return nil, core.Violation("C2", 1, "got shape [], want rank 1 or more")
	}
	if !in[2].Type.Compatible(in[1].Type) {
		return nil, core.Violation("C3", 2, "got type %v, want %v", in[2].Type, in[1].Type)
	}
	if err := op.checkPartitions(in); err != nil {
		return nil, err
	}
	y := core.Fact{Type: max(in[1].Type, in[2].Type)}
	if !values.Ranked() {
		return []core.Fact{y}, nil
	}
	row := values[1:]
	if s := in[2].Shape; s.Ranked() {
		got, ok := infer.BroadcastPair(s, row)
		ok = ok && len(s) <= len(row) && got.Compatible(row)
		for i := 0; ok && i < len(s); i++ {
			ok = s[i] == 1 || s[i:i+1].Compatible(row[i:i+1])
		}
		if !ok {
			return nil, core.Violation("C3", 2, "got shape %v, want one that broadcasts to %v", s, row)
		}
	}
	shape, err := denseShape(in[0], n, row)
	y.Shape = shape
	return []core.Fact{y}, err
}

// checkPartitions checks the types and shapes of C5.
func (op *RaggedToDense) checkPartitions(in []core.Operand) error {
	t := core.Dynamic
	for i, p := range op.Partitions {
		o := in[partition0+i]
		if err := infer.WantType("C5", in, partition0+i, core.I32, core.I64); err != nil {
			return err
		}
		want := core.Shape{core.Unknown}
		if p == FirstDimSize {
			want = core.Shape{}
		}
		if !o.Shape.Compatible(want) || !o.Type.Compatible(t) {
			return core.Violation("C5", partition0+i, "got %v, want %v", o.Fact, core.Fact{Type: t, Shape: want})
		}
		t = max(t, o.Type)
	}
	return nil
}

// denseShape returns the shape of n ragged dimensions and those of a row behind the outermost one, as far as input 0
// tells them.
func denseShape(o core.Operand, n int, row core.Shape) (core.Shape, error) {
	out := append(infer.UnknownShape(n+1), row...)
	if len(o.Shape) > 1 || len(o.Shape) == 1 && !o.Shape.Compatible(core.Shape{len(out)}) {
		return nil, core.Violation("C1", 0, "got shape %v, want [%d] or []", o.Shape, len(out))
	}
	given, ok := infer.IntsOf(o)
	if !ok {
		return out, nil
	}
	if len(o.Shape) == 0 {
		if given[0] != -1 {
			return nil, core.Violation("C1", 0, "got %d, want -1 or a vector", given[0])
		}
		return out, nil
	}
	for i, d := range given {
		switch {
		case d < -1 || d > core.MaxElements || d >= 0 && out[i] != core.Unknown && out[i] != int(d):
			return nil, core.Violation("C1", 0, "got %v, want dimensions of %v, -1 or more", given, out)
		case d >= 0:
			out[i] = int(d)
		}
	}
	return infer.CheckedShape(out)
}

// Eval finds where the values of each dimension go, from the outermost to the innermost, and copies them.
func (op *RaggedToDense) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	n, values := op.ragged(), in[1]
	parts := make([][]int64, n)
	for i := range n {
		parts[i] = in[len(in)-n+i].Int64s()
	}
	rows := int64(len(parts[0]) - 1)
	if op.Partitions[0] == FirstDimSize {
		if rows = in[partition0].Int64s()[0]; rows < 0 || rows > core.MaxElements {
			return core.Violation("C5", partition0, "got %d rows, want 0 to %d", rows, int64(core.MaxElements))
		}
	}
	shape := facts[0].Shape
	if shape[0] == core.Unknown {
		shape[0] = int(max(rows, 0))
	}
	counts, err := op.check(parts, rows, values.Shape()[0])
	if err != nil {
		return err
	}
	for i, p := range parts {
		if shape[i+1] == core.Unknown {
			shape[i+1] = int(op.widest(i, p))
		}
	}
	if err := allocate(op, out, 0, values.Type(), shape); err != nil {
		return err
	}
	y := out[0]
	filler, err := elements.BroadcastTensor(in[2], values.Shape()[1:])
	if err != nil {
		return err
	}
	each := core.Shape(values.Shape()[1:]).MustElements()
	if y.Len() == 0 {
		return nil
	}
	elements.CopyUnit(y, 0, filler, 0, each)
	for done := each; done < y.Len(); done *= 2 {
		elements.CopyUnit(y, done, y, 0, min(done, y.Len()-done))
	}
	places := make([]int, min(rows, counts[0])) // of the rows of a dimension in y, counted in its rows; -1: in none
	for i := range places {
		if places[i] = i; i >= shape[0] {
			places[i] = -1
		}
	}
	for i, p := range parts {
		places = op.below(i, p, places, shape[i+1])
	}
	for i := 0; i < len(places); i++ {
		if to := places[i]; to >= 0 {
			n := 1
			for i+n < len(places) && places[i+n] == to+n {
				n++
			}
			elements.CopyUnit(y, to*each, values, i*each, n*each)
			i += n - 1
		}
	}
	return nil
}

// kind returns how the rows of ragged dimension i are told.
func (op *RaggedToDense) kind(i int) Partition {
	return op.Partitions[len(op.Partitions)-op.ragged()+i]
}

// check checks the numbers of C5 and returns how many rows of each dimension the partitions tell of.
func (op *RaggedToDense) check(parts [][]int64, rows int64, values int) ([]int64, error) {
	counts := make([]int64, len(parts))
	for i, p := range parts {
		input := partition0 + len(op.Partitions) - len(parts) + i
		below := values // how many rows or values it divides
		if i+1 < len(parts) {
			below = len(parts[i+1])
			if op.kind(i+1) == RowSplits {
				below--
			}
		}
		if op.kind(i) == ValueRows {
			counts[i] = rows
			last := int64(0)
			for k, row := range p {
				if row < last || row >= rows {
					return nil, core.Violation("C5", input, "got row %d at %d behind %d, want less than %d without a decrease", row, k,
						last, rows)
				}
				last = row
			}
			if len(p) > below {
				return nil, core.Violation("C5", input, "got the rows of %d values, want %d", len(p), below)
			}
			rows = int64(len(p))
			continue
		}
		if err := checkSplits("C5", input, p, below); err != nil {
			return nil, err
		}
		if p[0] != 0 || int64(len(p)-1) > rows {
			return nil, core.Violation("C5", input, "got %d rows from %d on, want %d from 0 on", len(p)-1, p[0], rows)
		}
		counts[i], rows = int64(len(p)-1), p[len(p)-1]
	}
	return counts, nil
}

// widest returns the length of the longest row of ragged dimension i.
func (op *RaggedToDense) widest(i int, part []int64) int64 {
	if op.kind(i) == RowSplits {
		return widest(part)
	}
	most, n := int64(0), int64(0)
	for k, row := range part {
		if n++; k > 0 && row != part[k-1] {
			n = 1
		}
		most = max(most, n)
	}
	return most
}

// below returns the places of what the rows of ragged dimension i, of some places, consist of.
func (op *RaggedToDense) below(i int, part []int64, places []int, width int) []int {
	place := func(row, column int) int {
		if places[row] < 0 || column >= width {
			return -1
		}
		return places[row]*width + column
	}
	if op.kind(i) == RowSplits {
		list := make([]int, part[len(part)-1])
		for row, first := range part[:len(part)-1] {
			for k := range list[first:part[row+1]] {
				list[int(first)+k] = place(row, k)
			}
		}
		return list
	}
	list, column := make([]int, len(part)), 0
	for k, row := range part {
		if column++; k == 0 || row != part[k-1] {
			column = 0
		}
		list[k] = place(int(row), column)
	}
	return list
}
