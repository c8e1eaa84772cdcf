package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[RaggedToSparse]("RaggedToSparse")

// RaggedToSparse makes a sparse tensor of a ragged one.
//
//	Inputs:  one or more splits: i32 or i64, [rows+1], from the outermost dimension to the innermost
//	         values: any type, [n, r...]
//	Outputs: indices: i64, [m, number of splits + rank of values]
//	         values: the type of values, [m]: all of them
//	         shape: i64, [number of splits + rank of values], of the longest rows
//
//	C1: splits are i32 or i64, all of one type, from 0 up to the length of what they divide without a decrease
//	C2: values have rank 1 or more
//
// It is TensorFlow's RaggedTensorToSparse.
type RaggedToSparse struct{}

// Infer checks the types and shapes.
func (op *RaggedToSparse) Infer(in []core.Operand) ([]core.Fact, error) {
	n := len(in) - 1
	if n < 1 || n > maxRagged {
		return nil, core.Violation("C1", -1, "got %d inputs, want 1 to %d splits and values", len(in), maxRagged)
	}
	if _, err := wantSplits("C1", in, 0, n); err != nil {
		return nil, err
	}
	s, axes, count := in[n].Shape, core.Unknown, core.Unknown
	if s.Ranked() {
		if len(s) == 0 {
			return nil, core.Violation("C2", n, "got shape [], want rank 1 or more")
		}
		axes = n + len(s)
	}
	if s.Static() {
		elements, err := s.Elements()
		if err != nil {
			return nil, core.Violation("", -1, "%v", err)
		}
		count = elements
	}
	at, err := infer.CheckedShape(core.Shape{count, axes})
	return []core.Fact{
		{Type: core.I64, Shape: at},
		{Type: in[n].Type, Shape: core.Shape{count}},
		{Type: core.I64, Shape: core.Shape{axes}},
	}, err
}

// Eval counts through the rows.
func (op *RaggedToSparse) Eval(in, out []*core.Tensor) error {
	n := len(in) - 1
	values := in[n]
	splits := make([][]int64, n)
	for i := range splits {
		splits[i] = in[i].Int64s()
		length := values.Shape()[0]
		if i+1 < n {
			length = in[i+1].Len() - 1
		}
		if err := checkSplits("C1", i, splits[i], length); err != nil {
			return err
		}
		if first, last := splits[i][0], splits[i][len(splits[i])-1]; first != 0 || last != int64(length) {
			return core.Violation("C1", i, "got splits from %d to %d, want 0 to %d", first, last, length)
		}
	}
	if err := allocateAll(op, in, out); err != nil {
		return err
	}
	elements.Copy(out[1], values)
	at, shape := core.Data[int64](out[0]), core.Data[int64](out[2])
	shape[0] = int64(len(splits[0]) - 1)
	for i, s := range splits {
		shape[i+1] = widest(s)
	}
	for i, d := range values.Shape()[1:] {
		shape[n+1+i] = int64(d)
	}
	axes, rows := len(shape), make([]int, n) // in which row of each dimension a value is
	each := core.Shape(values.Shape()[1:]).MustElements()
	for v := range int64(values.Shape()[0]) {
		inside := v
		for i := n - 1; i >= 0; i-- {
			for splits[i][rows[i]+1] <= inside {
				rows[i]++
			}
			inside = int64(rows[i])
		}
		for k := range each {
			index := at[(int(v)*each+k)*axes:][:axes]
			index[0] = int64(rows[0])
			for i := range n {
				child := v
				if i+1 < n {
					child = int64(rows[i+1])
				}
				index[i+1] = child - splits[i][rows[i]]
			}
			for i, rest := axes-1, k; i > n; i-- {
				d := values.Shape()[i-n]
				index[i] = int64(rest % d)
				rest /= d
			}
		}
	}
	return nil
}
