package text

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Substring]("Substring")

// Substring takes parts of strings: bytes or, if Characters is set, characters of UTF-8.
//
//	y[i] = length[i] bytes of x[i] from start[i], or up to its end; a start below 0 counts from the end
//
//	Inputs:  x: string
//	         start: i32 or i64, a shape that broadcasts with that of x
//	         length: the type and shape of start; below 0: up to the end, but no characters
//	Outputs: y: string, the broadcast shape
//
//	C1: x has strings
//	C2: start and length have one type, i32 or i64, and one shape
//	C3: the shapes broadcast
//	C4: each start is in the string, or at its end
//
// It is TensorFlow's Substr.
type Substring struct {
	Characters bool `json:"characters,omitempty"`
}

// InputNames names the inputs.
func (op *Substring) InputNames() []string { return []string{"x", "start", "length"} }

// Infer checks C1 to C3.
func (op *Substring) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := wantStrings("C1", in, 0); err != nil {
		return nil, err
	}
	start, length := in[1], in[2]
	if t := start.Type; t != core.I32 && t != core.I64 && t != core.Dynamic {
		return nil, core.Violation("C2", 1, "got type %v, want i32 or i64", t)
	}
	if !length.Type.Compatible(start.Type) || !length.Shape.Compatible(start.Shape) {
		return nil, core.Violation("C2", 2, "got %v, want %v as start", length.Fact, start.Fact)
	}
	s, err := infer.BroadcastShapes("C3", in[:2])
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.String, Shape: s}}, nil
}

// Eval takes the parts, and checks C4.
func (op *Substring) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y, b := out[0], [3]*core.Tensor{}
	for i, t := range in {
		var err error
		if b[i], err = elements.BroadcastTensor(t, y.Shape()); err != nil {
			return err
		}
	}
	starts, lengths := b[1].Int64s(), b[2].Int64s()
	for i, s := range b[0].Strings() {
		at := []int{}
		size := int64(len(s))
		if op.Characters {
			at = characters(s)
			size = int64(len(at))
		}
		first := starts[i]
		if first < 0 {
			first += size
		}
		if first < 0 || first > size {
			return core.Violation("C4", 1, "got %d at %d, but the string %.40q has %d %s", starts[i], i, s, size, op.unit())
		}
		n := size - first
		if lengths[i] >= 0 {
			n = min(n, lengths[i])
		} else if op.Characters {
			n = 0
		}
		if !op.Characters {
			y.Strings()[i] = s[first : first+n]
			continue
		}
		at = append(at, len(s))
		y.Strings()[i] = s[at[first]:at[first+n]]
	}
	return nil
}

func (op *Substring) unit() string {
	if op.Characters {
		return "characters"
	}
	return "bytes"
}

// characters returns where the characters of a string begin.
func characters(s string) []int {
	var at []int
	for i := range len(s) {
		if i == 0 || !continues(s[i]) {
			at = append(at, i)
		}
	}
	return at
}
