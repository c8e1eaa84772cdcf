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

// Translate returns what the outputs of a node of a known op become. An output that the
// node does not have here, or that has no translation, is absent or the zero Value. An
// error about one input is an *InputError.
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
