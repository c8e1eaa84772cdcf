package onnx

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	_ "github.com/tf2ng/tf2ng/core/op" // registers all ops, which Coverage creates by name
	"github.com/tf2ng/tf2ng/core/trait"
)

// row writes a node of one op; an error says why it cannot.
type row func(e *exporter, n *core.Node) error

// rows has the row of each op that can be written, and absent the reason for each op that cannot, by the
// op's Go type. They change only while the package is initialized.
var (
	rows   = map[reflect.Type]row{}
	absent = map[reflect.Type]string{}
)

// opType constrains P to be *T and an op.
type opType[T any] interface {
	*T
	core.Op
}

// exports registers f as the row of an op. It is called once per op, in the file of the op's family.
func exports[T any, P opType[T]](f func(e *exporter, n *core.Node, op *T) error) struct{} {
	t := reflect.TypeFor[P]()
	if rows[t] != nil || absent[t] != "" {
		panic("onnx: " + t.String() + " has two rows")
	}
	rows[t] = func(e *exporter, n *core.Node) error {
		op, ok := n.Op().(P)
		if !ok {
			return fmt.Errorf("internal error, please report: it is no %v", t)
		}
		return f(e, n, (*T)(op))
	}
	return struct{}{}
}

// lacks registers the reason why an op has no row.
func lacks[T any, P opType[T]](why string) struct{} {
	t := reflect.TypeFor[P]()
	if rows[t] != nil || absent[t] != "" {
		panic("onnx: " + t.String() + " has two rows")
	}
	absent[t] = why
	return struct{}{}
}

// Coverage returns "" if Export can write the registered op of that name, or else the reason why it cannot.
// The error is a *core.UnknownOpError.
func Coverage(name string) (why string, err error) {
	op, err := core.NewOp(name)
	if err != nil {
		return "", err
	}
	switch why := absent[reflect.TypeOf(op)]; {
	case why != "":
		return why, nil
	case decided(op):
		return "", nil
	}
	return noRow, nil
}

// decided reports whether an op has a row, decomposes into ops that have rows, or has a registered reason for
// having none.
func decided(op core.Op) bool {
	t := reflect.TypeOf(op)
	_, decomposes := op.(core.Decomposer)
	return rows[t] != nil || decomposes || absent[t] != ""
}

const noComplex = "ONNX's ops have no complex numbers"

const noRow = "it has no row in export/onnx"

// export writes one node and reports on it.
func (e *exporter) export(n *core.Node) {
	e.node, e.fidelity, e.why = n, Exact, ""
	e.first = len(e.graph.nodes)
	if err := e.write(n); err != nil {
		e.reasons = append(e.reasons, Reason{Node: n.Name, Op: n.OpName(), Why: err.Error()})
		for i := range n.Outputs() {
			e.forms[n.Out(i)] = map[form]string{{}: n.Name}
		}
		return
	}
	if !n.IsComputed() {
		return
	}
	r := NodeReport{Node: n.Name, Op: n.OpName(), Fidelity: e.fidelity, Why: e.why}
	for _, m := range e.graph.nodes[e.first:] {
		r.ONNX = append(r.ONNX, m.op)
	}
	e.report = append(e.report, r)
}

// write writes a node by its row, or as a table if it is a function of one byte.
func (e *exporter) write(n *core.Node) error {
	if e.left[n] {
		return nil
	}
	for _, f := range slices.Concat(core.FactsOf(n.Inputs()), n.Outputs()) {
		if f.Type.IsComplex() {
			return errors.New(noComplex)
		}
	}
	t := reflect.TypeOf(n.Op())
	if f := rows[t]; f != nil {
		err := f(e, n)
		if err == nil || !e.isTable(n) {
			return err
		}
	}
	if e.isTable(n) {
		return e.table(n)
	}
	if why := absent[t]; why != "" {
		return fmt.Errorf("%s", why)
	}
	return fmt.Errorf("%s", noRow)
}

// isTable reports whether a node is a function of each byte of its first input.
func (e *exporter) isTable(n *core.Node) bool {
	in := n.Inputs()
	if len(in) == 0 || trait.ElementsOf(n.Op()) != trait.FirstElements || core.AllBytes(in[0].Type()) == nil {
		return false
	}
	for _, v := range in[1:] {
		if v.Constant() == nil {
			return false
		}
	}
	return in[0].Constant() == nil
}
