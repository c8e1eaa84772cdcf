package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[CTCGreedyDecoder]("CTCGreedyDecoder")

// CTCGreedyDecoder takes the best class of each step of sequences, the first of equal ones, and leaves out the blanks;
// with Merge also what repeats the class of the step before.
//
//	Inputs:  x: f32 or f64, [steps, batch, classes]
//	         lengths: i32, [batch]: the steps of each sequence
//	Outputs: indices: i64, [n, 2]: the sequence, and the place in it, of each class that is left
//	         values: i64, [n]: these classes
//	         shape: i64, [2]: the batch and the length of the longest result
//	         score: the type of x, [batch, 1]: the negative sum of the best numbers, rounded in each step
//
//	C1: x is f32 or f64 of rank 3
//	C2: lengths are i32, one for each sequence
//	C3: each length is in [0, steps]
//	C4: Blank is one of the classes
//
// It is TensorFlow's CTCGreedyDecoder.
type CTCGreedyDecoder struct {
	Merge bool `json:"merge,omitempty"`
	Blank int  `json:"blank"`
}

// InputNames names the inputs.
func (op *CTCGreedyDecoder) InputNames() []string { return []string{"x", "lengths"} }

// Infer checks C1 to C4.
func (op *CTCGreedyDecoder) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	t := in[0].Type
	s, ok := in[0].Shape.Merge(infer.UnknownShape(3))
	if t != core.F32 && t != core.F64 && t != core.Dynamic || !ok {
		return nil, core.Violation("C1", 0, "got %v, want f32 or f64 of rank 3", in[0].Fact)
	}
	batch, ok := in[1].Shape.Merge(s[1:2])
	if !ok || !in[1].Type.Compatible(core.I32) {
		return nil, core.Violation("C2", 1, "got %v, want i32%v", in[1].Fact, s[1:2])
	}
	if lengths, known := infer.IntsOf(in[1]); known && s[0] != core.Unknown {
		for _, n := range lengths {
			if n < 0 || n > int64(s[0]) {
				return nil, core.Violation("C3", 1, "got %v, want each in [0, %d]", lengths, s[0])
			}
		}
	}
	if op.Blank < 0 || s[2] != core.Unknown && op.Blank >= s[2] {
		return nil, core.Violation("C4", -1, "blank: got %d, want one of the classes of %v", op.Blank, s)
	}
	return []core.Fact{
		{Type: core.I64, Shape: core.Shape{core.Unknown, 2}},
		{Type: core.I64, Shape: core.Shape{core.Unknown}},
		{Type: core.I64, Shape: core.Shape{2}},
		{Type: t, Shape: core.Shape{batch[0], 1}},
	}, nil
}

// Eval decodes sequence by sequence.
func (op *CTCGreedyDecoder) Eval(in, out []*core.Tensor) error {
	if _, err := op.Infer(core.OperandsOf(in)); err != nil {
		return err
	}
	var d decoded
	lengths, s := core.Data[int32](in[1]), in[0].Shape()
	if err := elements.Ensure(out, 3, in[0].Type(), core.Shape{s[1], 1}); err != nil {
		return err
	}
	if in[0].Type() == core.F32 {
		d = decode(op, core.Data[float32](in[0]), s, lengths, core.Data[float32](out[3]))
	} else {
		d = decode(op, core.Data[float64](in[0]), s, lengths, core.Data[float64](out[3]))
	}
	for i, shape := range []core.Shape{{len(d.values), 2}, {len(d.values)}, {2}} {
		if err := elements.Ensure(out, i, core.I64, shape); err != nil {
			return err
		}
	}
	elements.SetInts(out[0], d.indices)
	elements.SetInts(out[1], d.values)
	elements.SetInts(out[2], []int64{int64(s[1]), d.longest})
	return nil
}

// decoded is what sequences became.
type decoded struct {
	indices, values []int64
	longest         int64
}

func decode[T float32 | float64](op *CTCGreedyDecoder, x []T, s core.Shape, lengths []int32, score []T) (d decoded) {
	for b, n := range lengths {
		before, place := -1, int64(0)
		score[b] = 0
		for t := range int(n) {
			row := x[(t*s[1]+b)*s[2]:][:s[2]]
			best := 0
			for c, v := range row {
				if v > row[best] {
					best = c
				}
			}
			score[b] -= row[best]
			if best != op.Blank && !(op.Merge && best == before) {
				d.indices, d.values = append(d.indices, int64(b), place), append(d.values, int64(best))
				place++
			}
			before = best
		}
		d.longest = max(d.longest, place)
	}
	return d
}
