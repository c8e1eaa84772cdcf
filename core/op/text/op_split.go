package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[Split]("StringSplit")

// Split divides strings at a separator, as Python's str.split does, into a sparse tensor of their parts.
//
//	Inputs:  x: string, [n]
//	         separator: string, []; empty: at white space of ASCII, of which none is in the parts
//	Outputs: indices: i64, [m, 2]
//	         parts: string, [m]
//	         shape: i64, [2]: n, and the largest number of parts
//
//	C1: x is a vector of strings
//	C2: separator is a string
//
// Most, unless it is below 0, is at how many places a string is divided: what follows is one part. It is TensorFlow's
// StringSplitV2.
type Split struct {
	Most int64 `json:"most"`
}

// InputNames names the inputs.
func (op *Split) InputNames() []string { return []string{"x", "separator"} }

// Infer checks C1 and C2.
func (op *Split) Infer(in []core.Operand) ([]core.Fact, error) { return inferParts(in) }

// Eval divides each string.
func (op *Split) Eval(in, out []*core.Tensor) error {
	return evalParts(op, in, out, func(s string, part func(string)) {
		separator := in[1].Strings()[0]
		switch {
		case op.Most == 0:
			part(s)
		case separator == "":
			splitAtSpace(s, op.Most, part)
		default:
			for n := op.Most; n != 0; n-- {
				before, after, found := strings.Cut(s, separator)
				if !found {
					break
				}
				part(before)
				s = after
			}
			part(s)
		}
	})
}

// white is the white space of ASCII.
const white = " \t\n\v\f\r"

func splitAtSpace(s string, most int64, part func(string)) {
	s = strings.TrimLeft(s, white)
	for s != "" {
		end := strings.IndexAny(s, white)
		if end < 0 {
			end = len(s)
		}
		part(s[:end])
		s = strings.TrimLeft(s[end:], white)
		if most--; most == 0 {
			part(s)
			return
		}
	}
}

func inferParts(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := wantVector("C1", in, 0); err != nil {
		return nil, err
	}
	if err := wantScalar("C2", in, 1); err != nil {
		return nil, err
	}
	return []core.Fact{
		{Type: core.I64, Shape: core.Shape{core.Unknown, 2}},
		{Type: core.String, Shape: core.Shape{core.Unknown}},
		{Type: core.I64, Shape: core.Shape{2}},
	}, nil
}

// evalParts makes a sparse tensor of the parts that divide gives of each string.
func evalParts(op core.Op, in, out []*core.Tensor, divide func(s string, part func(string))) error {
	count, most := 0, 0
	for _, s := range in[0].Strings() {
		n := 0
		divide(s, func(string) { n++ })
		count, most = count+n, max(most, n)
	}
	for i, f := range []core.Fact{
		{Type: core.I64, Shape: core.Shape{count, 2}},
		{Type: core.String, Shape: core.Shape{count}},
		{Type: core.I64, Shape: core.Shape{2}},
	} {
		if err := allocate(op, out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	at, parts, shape := core.Data[int64](out[0]), out[1].Strings(), core.Data[int64](out[2])
	shape[0], shape[1] = int64(in[0].Len()), int64(most)
	next := 0
	for i, s := range in[0].Strings() {
		column := int64(0)
		divide(s, func(part string) {
			at[2*next], at[2*next+1], parts[next] = int64(i), column, part
			next++
			column++
		})
	}
	return nil
}
