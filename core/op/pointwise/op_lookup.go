package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Lookup]("Lookup")

// Lookup replaces each byte by its entry in a table.
//
//	y[i] = table[bits of x[i]]: i8 takes entries 128 to 255 for -128 to -1
//
//	Inputs:  x: u8 or i8, any shape
//	         table: any type but string, shape [256]
//	Outputs: y: the type of table, the shape of x
//
//	C1: x is u8 or i8
//	C2: table has a type other than string
//	C3: table has shape [256]
//
// The tabulate pass creates it from functions of one byte; no other framework has such an op.
type Lookup struct{}

// lookupEntries is the number of values of a byte.
const lookupEntries = 256

// InputNames names the inputs in errors.
func (op *Lookup) InputNames() []string { return []string{"x", "table"} }

// Infer checks C1 to C3.
func (op *Lookup) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	x, table := in[0], in[1]
	if x.Type != core.U8 && x.Type != core.I8 && x.Type != core.Dynamic {
		return nil, core.Violation("C1", 0, "got type %v, want i8 or u8", x.Type)
	}
	if table.Type == core.String {
		return nil, core.Violation("C2", 1, "got type %v, want another", table.Type)
	}
	if s := table.Shape; s.Ranked() && (len(s) != 1 || s[0] != core.Unknown && s[0] != lookupEntries) {
		return nil, core.Violation("C3", 1, "got shape %v, want [%d]", s, lookupEntries)
	}
	return []core.Fact{{Type: table.Type, Shape: x.Shape}}, nil
}

// BatchInputs is the first input.
func (op *Lookup) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }

// Eval copies entries.
func (op *Lookup) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, in[1].Type(), in[0].Shape()); err != nil {
		return err
	}
	size := in[1].Type().Size()
	table, y := in[1].Bytes(), out[0].Bytes()
	for i, x := range in[0].Bytes() {
		copy(y[i*size:(i+1)*size], table[int(x)*size:])
	}
	return nil
}
