// Package ops translates nodes of TensorFlow to ops of package core.
//
// It never computes. Each TensorFlow op is one row of the table, in op_<family>.go, with its signature and a
// translator that emits core ops. The signature has the number, names and element types of inputs and outputs, so
// these are checked in one place. Quantized ops go through package builders, with TensorFlow's arithmetic.
package ops

import (
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
)

var table = map[string]*op{}

// register adds the rows of a family to the table; op_<family>.go calls it once.
func register(family string, rows ...op) struct{} {
	for i := range rows {
		row := &rows[i]
		if _, dup := table[row.name]; dup {
			panic("ops: op registered twice: " + row.name)
		}
		row.family = family
		row.in, row.out = opdef.Parse(row.signature)
		table[row.name] = row
	}
	return struct{}{}
}

// Row is what the table says about an op.
type Row struct {
	Name      string
	Family    string
	Signature string // see opdef.Parse
}

// Rows returns the table, in no particular order.
func Rows() []Row {
	rows := make([]Row, 0, len(table))
	for _, o := range table {
		rows = append(rows, Row{Name: o.name, Family: o.family, Signature: o.signature})
	}
	return rows
}

// Known reports whether the table has an op.
func Known(name string) bool { return table[name] != nil }

// Ports returns the inputs and outputs of an op; none if the table does not have it.
func Ports(name string) (in, out opdef.Ports) {
	if o := table[name]; o != nil {
		return o.in, o.out
	}
	return nil, nil
}

// Passes reports whether an op's outputs are what it reads, as it is.
func Passes(name string) bool { return table[name] != nil && table[name].passes }

// IsFlow reports whether an op's output of floats is the flow of a TensorArray: a number that orders what
// is done with the array, and that every program may choose.
func IsFlow(name string) bool { return table[name] != nil && table[name].flow }

// AddsTo returns the number of the data input to which TensorFlow's kernel adds in place. ok is false
// for nodes that add to none, and for those that lack it.
func AddsTo(n *graphdef.Node) (input int, ok bool) {
	o := table[n.Op]
	if o == nil || o.adds == nil {
		return 0, false
	}
	input, ok = o.adds(o, n)
	return input, ok && input < len(n.DataInputs())
}

// Translate translates a node whose op the table has, and returns its outputs. An output that this node does not
// have, or that is not translated, is absent or the zero Value. An error about one input is an *InputError.
func Translate(n *graphdef.Node, ctx Context) ([]core.Value, error) {
	c, err := table[n.Op].call(n, ctx)
	if err != nil {
		return nil, err
	}
	out := c.op.translate(c)
	if c.err != nil {
		return nil, c.err
	}
	return out, c.checkOutputs(out)
}
