package text

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[AsString]("AsString")

// AsString writes numbers as C's printf does. Booleans are true and false, whatever the width.
//
//	Inputs:  x: any type, any shape
//	Outputs: y: string, the shape of x
//
//	C1: x has a known type
//	C2: Scientific and Shortest are not both set, and only reals have one of them or Precision
//	C3: Fill is empty or one of the flags " ", "-", "0", "+", "#"
//	C4: Width and Precision are at most 1000
//
// It is TensorFlow's AsString.
type AsString struct {
	Precision  int    `json:"precision"` // digits behind the point; printf's default if it is negative
	Scientific bool   `json:"scientific,omitempty"`
	Shortest   bool   `json:"shortest,omitempty"`
	Width      int    `json:"width"` // none if it is negative
	Fill       string `json:"fill,omitempty"`
}

// maxWidth bounds the text of a number.
const maxWidth = 1000

// Infer checks C1 to C4.
func (op *AsString) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	t := in[0].Type
	whole := t.IsInteger() || t == core.Bool
	switch {
	case t == core.Dynamic:
		return nil, core.Violation("C1", 0, "got an unknown type, want a known one")
	case t.IsComplex():
		return nil, core.Violation("C1", 0, "got type %v, want one that is not complex", t)
	case op.Scientific && op.Shortest:
		return nil, core.Violation("C2", -1, "got both scientific and shortest, want one at most")
	case whole && (op.Scientific || op.Shortest):
		return nil, core.Violation("C2", 0, "got type %v, which has no scientific or shortest form", t)
	case whole && op.Precision >= 0:
		return nil, core.Violation("C2", 0, "got type %v, which has no precision", t)
	case len(op.Fill) > 1 || !strings.Contains(" -0+#", op.Fill):
		return nil, core.Violation("C3", -1, `got fill %q, want one of " ", "-", "0", "+", "#"`, op.Fill)
	case max(op.Width, op.Precision) > maxWidth:
		return nil, core.Violation("C4", -1, "got width %d and precision %d, want at most %d", op.Width, op.Precision,
			maxWidth)
	}
	return []core.Fact{{Type: core.String, Shape: in[0].Shape}}, nil
}

// Eval writes the numbers.
func (op *AsString) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	x, y := in[0], out[0].Strings()
	switch {
	case x.Type() == core.String:
		for i, s := range x.Strings() {
			y[i] = op.padded(s)
		}
	case x.Type() == core.Bool:
		for i, b := range core.Data[bool](x) {
			y[i] = strconv.FormatBool(b)
		}
	case x.Type().IsFloat():
		format := op.format(op.verb())
		for i, v := range x.Float64s() {
			y[i] = op.real(format, v)
		}
	case x.Type() == core.U64:
		format := op.unsigned()
		for i, v := range core.Data[uint64](x) {
			y[i] = fmt.Sprintf(format, v)
		}
	default:
		format := op.format("d")
		if !x.Type().IsSigned() {
			format = op.unsigned()
		}
		for i, v := range x.Int64s() {
			y[i] = fmt.Sprintf(format, v)
		}
	}
	return nil
}

// verb returns the verb for reals, with the precision.
func (op *AsString) verb() string {
	precision := op.Precision
	if precision < 0 {
		precision = 6
	}
	verb := "f"
	if op.Scientific {
		verb = "e"
	} else if op.Shortest {
		verb = "g"
		precision = max(precision, 1)
	}
	return "." + strconv.Itoa(precision) + verb
}

// format returns a format with the flag and the width.
func (op *AsString) format(verb string) string {
	f := "%" + op.Fill
	if op.Width > 0 {
		f += strconv.Itoa(op.Width)
	}
	return f + verb
}

// unsigned returns the format for numbers that have no sign, which no flag gives them one.
func (op *AsString) unsigned() string {
	if op.Fill == "+" || op.Fill == " " {
		return (&AsString{Width: op.Width}).format("d")
	}
	return op.format("d")
}

// real writes a real; infinities and NaN have C's names, and no zeros before them.
func (op *AsString) real(format string, v float64) string {
	name := ""
	switch {
	case math.IsNaN(v):
		name = "nan"
	case math.IsInf(v, 0):
		name = "inf"
	default:
		return fmt.Sprintf(format, v)
	}
	switch {
	case math.Signbit(v):
		name = "-" + name
	case op.Fill == "+", op.Fill == " ":
		name = op.Fill + name
	}
	return op.padded(name)
}

// padded returns a text with spaces up to the width.
func (op *AsString) padded(s string) string {
	spaces := strings.Repeat(" ", max(op.Width-len(s), 0))
	if op.Fill == "-" {
		return s + spaces
	}
	return spaces + s
}
