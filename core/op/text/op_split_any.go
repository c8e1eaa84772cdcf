package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[SplitAny]("StringSplitAny")

// SplitAny divides strings at each of some bytes into a sparse tensor of their parts.
//
//	Inputs:  x: string, [n]
//	         separators: string, []; empty: each byte is a part
//	Outputs: indices: i64, [m, 2]
//	         parts: string, [m]
//	         shape: i64, [2]: n, and the largest number of parts
//
//	C1: x is a vector of strings
//	C2: separators is a string
//
// The empty string has no parts. Other strings have empty ones if KeepEmpty is set. It is TensorFlow's StringSplit.
type SplitAny struct {
	KeepEmpty bool `json:"keep_empty,omitempty"`
}

// InputNames names the inputs.
func (op *SplitAny) InputNames() []string { return []string{"x", "separators"} }

// Infer checks C1 and C2.
func (op *SplitAny) Infer(in []core.Operand) ([]core.Fact, error) { return inferParts(in) }

// Eval divides each string.
func (op *SplitAny) Eval(in, out []*core.Tensor) error {
	separators := in[1].Strings()[0]
	return evalParts(op, in, out, func(s string, part func(string)) {
		first := 0
		for i := range len(s) {
			switch {
			case separators == "":
				part(s[i : i+1])
			case strings.IndexByte(separators, s[i]) >= 0:
				if op.KeepEmpty || first < i {
					part(s[first:i])
				}
				first = i + 1
			}
		}
		if s != "" && separators != "" && (op.KeepEmpty || first < len(s)) {
			part(s[first:])
		}
	})
}
