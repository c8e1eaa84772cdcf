package onnx

import (
	"errors"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
)

// The ops that run functions, and those of a loop's lists.
var (
	_ = exports(exportBranch)
	_ = exports(exportLoop)
	_ = exports(exportList)
	_ = exports(exportSetRow)
)

// factsOf returns what is known about the first outputs of nodes. It is an error if a type is not known.
func factsOf(nodes []*core.Node) ([]core.Fact, error) {
	list := make([]core.Fact, len(nodes))
	for i, n := range nodes {
		list[i] = n.Outputs()[0]
		if list[i].Type == core.Dynamic {
			return nil, errors.New("the type of a tensor of its functions is not known")
		}
	}
	return list, nil
}

// asTheyAre returns the names of values in the function's own form.
func (e *exporter) asTheyAre(values []core.Value) []string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = e.use(v, form{})
	}
	return names
}

// settled writes a Sum of one summand behind each tensor that a DequantizeLinear gives, also by way of ops that move
// elements. ONNX Runtime 1.32 moves such a node to where its result is read, and aborts if that is in a Loop.
func (e *exporter) settled(names []string) []string {
	for i, name := range names {
		if e.isDequantized(name) {
			names[i] = e.emit("Sum", []string{name})
		}
	}
	return names
}

// movers are the ops behind which ONNX Runtime moves a DequantizeLinear.
var movers = []string{"Transpose", "Reshape", "Squeeze", "Unsqueeze", "Slice", "MaxPool"}

func (e *exporter) isDequantized(name string) bool {
	for _, n := range slices.Backward(e.graph.nodes) {
		if !slices.Contains(n.outputs, name) {
			continue
		}
		if !slices.Contains(movers, n.op) {
			return n.op == "DequantizeLinear"
		}
		name = n.inputs[0]
	}
	return false
}

// outputs names the outputs of a node of the function.
func (e *exporter) outputs(n *core.Node) []string {
	names := make([]string, len(n.Outputs()))
	for i := range names {
		names[i] = e.tensorName(n.Out(i), form{})
		e.set(n.Out(i), form{}, names[i])
	}
	return names
}

// exportBranch writes an If. For more than two branches, the else_branch contains the next If.
func exportBranch(e *exporter, n *core.Node, op *control.Branch) error {
	index, arguments := e.use(n.Inputs()[0], form{}), e.asTheyAre(n.Inputs()[1:])
	facts, err := factsOf(op.Branches[0].Results)
	if err != nil {
		return err
	}
	for i, f := range n.Outputs() {
		facts[i].Shape = f.Shape
	}
	branch := func(i int) *graphMessage {
		return e.subgraph(op.FunctionNames()[i], nil, facts, func() []string {
			return e.inline(op.Branches[i], arguments)
		})
	}
	var from func(i int, outputs []string) // writes the If that chooses among branches i and above
	from = func(i int, outputs []string) {
		var others *graphMessage
		if last := len(op.Branches) - 1; i+1 >= last {
			others = branch(last)
		} else {
			others = e.subgraph("others", nil, facts, func() []string {
				inner := make([]string, len(facts))
				for k := range inner {
					inner[k] = e.unique(e.node.Name + "/If")
				}
				from(i+1, inner)
				return inner
			})
		}
		isIt := e.equal(index, e.scalar(core.Scalar(int32(i))))
		e.emitTo(outputs, "If", []string{isIt}, attribute{"then_branch", branch(i)}, attribute{"else_branch", others})
	}
	from(0, e.outputs(n))
	return nil
}

// exportLoop writes a Loop. The condition is written twice: before the Loop for the initial values of the
// variables, and at the end of the body for their next values.
func exportLoop(e *exporter, n *core.Node, op *control.Loop) error {
	in, count := n.Inputs(), op.Variables()
	facts, err := factsOf(op.Body.Parameters[:count])
	if err != nil {
		return err
	}
	first, captures := make([]string, count), e.settled(e.asTheyAre(in[count:]))
	for v := range first {
		first[v] = e.use(in[v], form{})
	}
	if first, err = e.lists(op, first, captures, facts); err != nil {
		return err
	}
	inputs := []valueInfo{
		{name: e.unique(n.Name + "/step"), fact: core.Fact{Type: core.I64, Shape: core.Shape{}}},
		{name: e.unique(n.Name + "/going"), fact: core.Fact{Type: core.Bool, Shape: core.Shape{}}},
	}
	now := make([]string, count)
	for v := range now {
		now[v] = e.unique(n.Name + "/" + op.Body.Parameters[v].Name)
		inputs = append(inputs, valueInfo{name: now[v], fact: facts[v]})
	}
	going := e.inline(op.Condition, slices.Concat(first, captures))
	results := append([]core.Fact{inputs[1].fact}, facts...)
	body := e.subgraph("body", inputs, results, func() []string {
		given, next := e.inline(op.Body, slices.Concat(now, captures)), make([]string, count)
		for v := range next {
			of := op.ResultsOf(v)
			if next[v] = given[0]; len(of) == 2 {
				next[v] = e.scatterRow(now[v], given[0], given[1])
			}
			given = given[len(of):]
		}
		return append(e.inline(op.Condition, slices.Concat(next, captures)), next...)
	})
	e.emitTo(e.outputs(n), "Loop", append([]string{"", going[0]}, first...), attribute{"body", body})
	return nil
}

// lists returns the initial values of a loop's variables. For a variable that is a list, first has the number
// of elements, which is replaced by a list of zeros.
func (e *exporter) lists(
	op *control.Loop, first, captures []string, facts []core.Fact,
) (_ []string, err error) {
	counts, unknown := first, []int(nil)
	first = slices.Clone(first)
	for _, v := range op.Lists {
		if s := facts[v].Shape; len(s) > 0 && s[1:].Static() {
			if first[v], err = e.zeros(counts[v], facts[v]); err != nil {
				return nil, err
			}
			continue
		}
		of := op.ResultsOf(v)
		if len(of) == 1 || len(op.Body.Users()[op.Body.Parameters[v].Out(0)]) > 0 || of[1].Outputs()[0].Shape == nil {
			return nil, errNoElement
		}
		unknown = append(unknown, v)
	}
	if len(unknown) == 0 {
		return first, nil
	}
	elements := e.elements(op, unknown, slices.Concat(first, captures))
	for i, v := range unknown {
		shape := e.emit("Concat", []string{e.listOf(counts[v]), elements[i]}, attribute{"axis", 0})
		if first[v], err = e.expanded(facts[v].Type, shape); err != nil {
			return nil, err
		}
	}
	return first, nil
}

var errNoElement = errors.New("the shape of a list's elements is not known")

// elements writes the shapes of the rows that the body sets in some lists, which it does not read. They are
// found by running the first step, if there is one.
func (e *exporter) elements(op *control.Loop, variables []int, arguments []string) []string {
	shapes, outputs := make([]core.Fact, len(variables)), make([]string, len(variables))
	for i, v := range variables {
		rank := len(op.ResultsOf(v)[1].Outputs()[0].Shape)
		shapes[i] = core.Fact{Type: core.I64, Shape: core.Shape{rank}}
		outputs[i] = e.unique(e.node.Name + "/element")
	}
	step := e.subgraph("first", nil, shapes, func() []string {
		given, names := e.inline(op.Body, arguments), make([]string, len(variables))
		for i, v := range variables {
			row := slices.Index(op.Body.Results, op.ResultsOf(v)[1])
			names[i] = e.emit("Shape", []string{given[row]})
		}
		return names
	})
	none := e.subgraph("none", nil, shapes, func() []string {
		names := make([]string, len(variables))
		for i, v := range variables {
			s := op.ResultsOf(v)[1].Outputs()[0].Shape.Clone()
			for k, d := range s {
				s[k] = max(d, 0)
			}
			names[i] = e.ints("element", s)
		}
		return names
	})
	going := e.inline(op.Condition, arguments)
	e.emitTo(outputs, "If", []string{going[0]}, attribute{"then_branch", step}, attribute{"else_branch", none})
	return outputs
}

// zeros writes a list: count rows of zeros.
func (e *exporter) zeros(count string, list core.Fact) (string, error) {
	if len(list.Shape) == 0 || !list.Shape[1:].Static() {
		return "", errNoElement
	}
	shape := e.listOf(count)
	if len(list.Shape) > 1 {
		shape = e.emit("Concat", []string{shape, e.ints("element", list.Shape[1:])}, attribute{"axis", 0})
	}
	return e.expanded(list.Type, shape)
}

// listOf writes a number as a list that holds only it, i64.
func (e *exporter) listOf(count string) string {
	return e.emit("Reshape", []string{e.cast(count, core.I64), e.ints("one", []int{1})})
}

// expanded writes a tensor of zeros, given the name of its shape in i64.
func (e *exporter) expanded(t core.Type, shape string) (string, error) {
	zero, err := core.NewTensor(t, core.Shape{})
	if err != nil {
		return "", err
	}
	return e.emit("Expand", []string{e.scalar(zero), shape}), nil
}

// scatterRow writes the replacement of one row of a tensor.
func (e *exporter) scatterRow(x, index, row string) string {
	at := e.emit("Reshape", []string{e.cast(index, core.I64), e.ints("indices", []int{1, 1})})
	return e.emit("ScatterND", []string{x, at, e.emit("Unsqueeze", []string{row, e.ints("axes", []int{0})})})
}

func exportList(e *exporter, n *core.Node, op *control.List) error {
	in := n.Inputs()
	count := e.use(in[0], form{})
	if op.Element.Static() || len(in) == 1 {
		list, err := e.zeros(count, n.Outputs()[0])
		if err != nil {
			return err
		}
		return e.rename(n.Out(0), form{}, list)
	}
	element := e.emit("Shape", []string{e.use(in[1], form{})})
	shape := e.emit("Concat", []string{e.listOf(count), element}, attribute{"axis", 0})
	list, err := e.expanded(op.Type, shape)
	if err != nil {
		return err
	}
	return e.rename(n.Out(0), form{}, list)
}

// exportSetRow writes a ScatterND. If the list may grow, rows of zeros are appended first.
func exportSetRow(e *exporter, n *core.Node, op *control.SetRow) error {
	in := n.Inputs()
	if s := in[0].Shape(); len(s) == 0 || !s[1:].Static() || slices.Contains(s[1:], 0) {
		return errors.New("the shape of the rows is not known, or they are empty")
	}
	x, index := e.use(in[0], form{}), e.use(in[1], form{})
	if op.Grows {
		rows := e.emit("Gather", []string{e.emit("Shape", []string{x}), e.scalar(core.Scalar(int64(0)))})
		behind := e.sub(e.add(e.cast(index, core.I64), e.scalar(core.Scalar(int64(1)))), rows)
		more, err := e.zeros(e.larger(behind, e.scalar(core.Scalar(int64(0)))), in[0].Fact())
		if err != nil {
			return err
		}
		x = e.emit("Concat", []string{x, more}, attribute{"axis", 0})
	}
	return e.rename(n.Out(0), form{}, e.scatterRow(x, index, e.use(in[2], form{})))
}
