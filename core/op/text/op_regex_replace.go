package text

import (
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[RegexReplace]("RegexReplace")

// RegexReplace replaces what a regular expression of RE2's syntax matches in strings of bytes, of which those that are
// no UTF-8 match nothing.
//
//	Inputs:  x: string, any shape
//	         pattern: string, []
//	         rewrite: string, []: \1 to \9 are what groups matched, \0 what all of it did, \\ is a backslash
//	Outputs: y: string, the shape of x
//
//	C1: x has strings
//	C2: pattern is a string, an expression of RE2 without \C
//	C3: rewrite is a string
//
// All matches are replaced, or the first one if First is set. A rewrite of groups that the pattern has not changes
// nothing; one with another escape ends there, or changes nothing if First is set. It is TensorFlow's RegexReplace.
type RegexReplace struct {
	First bool `json:"first,omitempty"`
}

// InputNames names the inputs.
func (op *RegexReplace) InputNames() []string { return []string{"x", "pattern", "rewrite"} }

// Infer checks C1 to C3.
func (op *RegexReplace) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := wantPattern(in); err != nil {
		return nil, err
	}
	if err := wantScalar("C3", in, 2); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.String, Shape: in[0].Shape}}, nil
}

// wantPattern checks C1 and C2 of ops whose inputs are strings and a pattern.
func wantPattern(in []core.Operand) error {
	if err := wantStrings("C1", in, 0); err != nil {
		return err
	}
	if err := wantScalar("C2", in, 1); err != nil {
		return err
	}
	if in[1].Const == nil {
		return nil
	}
	_, err := newRegex(in[1].Const.Strings()[0])
	return err
}

// Eval replaces in each string.
func (op *RegexReplace) Eval(in, out []*core.Tensor) error {
	re, err := newRegex(in[1].Strings()[0])
	if err != nil {
		return err
	}
	rewrite, whole := parseRewrite(in[2].Strings()[0])
	keep := op.First && !whole
	for _, p := range rewrite {
		keep = keep || p.group > re.groups
	}
	r := room{op: op}
	return evalRoomy(op, in, out, func(s string) (string, error) {
		if keep {
			return s, nil
		}
		matches := re.all(s, op.First)
		for _, m := range matches {
			for _, p := range rewrite {
				if err := r.take(len(p.of(s, m))); err != nil {
					return "", err
				}
			}
		}
		var b strings.Builder
		last := 0
		for _, m := range matches {
			b.WriteString(s[last:m[0]])
			for _, p := range rewrite {
				b.WriteString(p.of(s, m))
			}
			last = m[1]
		}
		b.WriteString(s[last:])
		return b.String(), nil
	})
}

// part is a part of a rewrite: what a group matched, or text if group is below 0.
type part struct {
	text  string
	group int
}

// of returns what stands for the part where m, of a string, was matched.
func (p part) of(s string, m []int) string {
	if p.group < 0 {
		return p.text
	}
	if first := m[2*p.group]; first >= 0 {
		return s[first:m[2*p.group+1]]
	}
	return ""
}

// parseRewrite returns the parts of a rewrite, up to where it is wrong; whole reports that it is not.
func parseRewrite(s string) (parts []part, whole bool) {
	for s != "" {
		text, after, found := strings.Cut(s, `\`)
		if text != "" {
			parts = append(parts, part{text, -1})
		}
		switch {
		case !found:
			return parts, true
		case after == "":
			return parts, false
		case after[0] == '\\':
			parts = append(parts, part{`\`, -1})
		case after[0] >= '0' && after[0] <= '9':
			parts = append(parts, part{group: int(after[0] - '0')})
		default:
			return parts, false
		}
		s = after[1:]
	}
	return parts, true
}
