package onnx

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tf2ng/tf2ng/core"
)

// form is how a tensor of the function stands in the model.
type form struct {
	first bool // its channels, the last axis in the function, are axis 1
	bytes bool // of i8: it is uint8, 128 larger
}

// suffix is what the name of a form has behind the name of the tensor.
func (f form) suffix() string {
	s := ""
	if f.first {
		s += "/nchw"
	}
	if f.bytes {
		s += "/u8"
	}
	return s
}

// exporter writes a function node by node, inputs before users.
type exporter struct {
	opts    Options
	ends    []*core.Node  // the function's results
	graph   *graphMessage // the one that is being written: the model's, or that of a branch or a loop's body
	forms   map[core.Value]map[form]string
	scales  map[core.Value]float32 // of quantized values, where their writer knows it
	results map[core.Value]string  // the names of results
	taken   map[string]bool        // names of tensors
	nodes   map[string]bool        // names of nodes
	own     map[string]*core.Node  // the node of the function that a tensor is an output of
	shared  map[string]string      // tensors by what computes them
	kept    map[string]bool        // those of shared
	scalars map[string]string      // small constants by type, shape and bytes

	node     *core.Node // the one that is being written
	first    int        // of the model's nodes that it became
	fidelity Fidelity
	why      string
	reasons  []Reason
	report   []NodeReport
}

func newExporter(f *core.Function, o Options) *exporter {
	e := &exporter{
		opts: o, ends: f.Results, graph: &graphMessage{name: cmp.Or(f.Name, "tf2ng")},
		forms: map[core.Value]map[form]string{}, scales: map[core.Value]float32{},
		results: map[core.Value]string{}, taken: map[string]bool{"": true}, nodes: map[string]bool{},
		own:    map[string]*core.Node{},
		shared: map[string]string{}, kept: map[string]bool{}, scalars: map[string]string{},
	}
	for _, r := range f.Results {
		v := r.Inputs()[0]
		if e.results[v] == "" {
			e.results[v] = r.Name
		}
		e.taken[r.Name] = true
	}
	return e
}

// less notes that the node at hand is not exact, and why.
func (e *exporter) less(f Fidelity, why string) {
	if e.fidelity != OneStep {
		e.fidelity, e.why = f, why
	}
}

// unique returns a name that no tensor has yet.
func (e *exporter) unique(name string) string {
	free := name
	for i := 1; e.taken[free]; i++ {
		free = name + "#" + strconv.Itoa(i)
	}
	e.taken[free] = true
	return free
}

// tensorName returns the name of a form of a value: TensorFlow's, and the form's suffix.
func (e *exporter) tensorName(v core.Value, f form) string {
	name := e.results[v]
	if name == "" || f != (form{}) {
		name = e.unique(v.Node.Name + ":" + strconv.Itoa(v.Index) + f.suffix())
	}
	e.own[name] = v.Node
	return name
}

// emitTo writes a node whose outputs have given names. What gives an output of the node at hand
// has that node's name.
func (e *exporter) emitTo(outputs []string, op string, inputs []string, attrs ...attribute) {
	name := e.node.Name
	if e.own[outputs[0]] != e.node || e.nodes[name] || name == "" {
		name = e.node.Name + "/" + op
		for i := 1; e.nodes[name]; i++ {
			name = e.node.Name + "/" + op + "#" + strconv.Itoa(i)
		}
	}
	e.nodes[name] = true
	e.graph.nodes = append(e.graph.nodes, nodeMessage{op: op, name: name, inputs: inputs, outputs: outputs, attrs: attrs})
}

// emit writes a node with one output, which is no tensor of the function, and returns its name.
func (e *exporter) emit(op string, inputs []string, attrs ...attribute) string {
	out := e.unique(e.node.Name + "/" + op)
	e.emitTo([]string{out}, op, inputs, attrs...)
	return out
}

// define writes a node that computes a form of a value.
func (e *exporter) define(v core.Value, f form, op string, inputs []string, attrs ...attribute) {
	name := e.tensorName(v, f)
	e.emitTo([]string{name}, op, inputs, attrs...)
	e.set(v, f, name)
}

// rename makes a tensor that was written a form of a value of the node at hand. The last one gets
// the value's name.
func (e *exporter) rename(v core.Value, f form, written string) error {
	at := len(e.graph.nodes) - 1
	if at >= e.first && slices.Equal(e.graph.nodes[at].outputs, []string{written}) && !e.kept[written] {
		last := e.graph.nodes[at]
		e.graph.nodes = e.graph.nodes[:at]
		delete(e.nodes, last.name)
		e.define(v, f, last.op, last.inputs, last.attrs...)
		return nil
	}
	e.define(v, f, "Identity", []string{written})
	return nil
}

// set gives a form of a value a name.
func (e *exporter) set(v core.Value, f form, name string) {
	if e.forms[v] == nil {
		e.forms[v] = map[form]string{}
	}
	e.forms[v][f] = name
}

// alias makes a value another one, whose elements it has.
func (e *exporter) alias(v, of core.Value) {
	for f, name := range e.forms[of] {
		e.set(v, f, name)
	}
	e.scales[v] = e.scales[of]
}

// use returns the name of a form of a value, which it writes if no reader wanted it before.
func (e *exporter) use(v core.Value, f form) string {
	if f.first && len(v.Shape()) < 3 {
		f.first = false
	}
	if f.bytes && v.Type() != core.I8 {
		f.bytes = false
	}
	if name := e.forms[v][f]; name != "" {
		return name
	}
	if t := v.Constant(); t != nil {
		name := e.constantForm(t, v, f)
		e.set(v, f, name)
		return name
	}
	for _, from := range []form{
		{f.first, !f.bytes}, {!f.first, f.bytes}, {!f.first, !f.bytes},
	} {
		name := e.forms[v][from]
		if name == "" {
			continue
		}
		if from.bytes != f.bytes {
			name = e.flip(v, form{from.first, f.bytes}, name, from.first == f.first)
		}
		if from.first != f.first {
			name = e.turn(v, f, name)
		}
		e.set(v, f, name)
		return name
	}
	return v.Node.Name // of a node that cannot be written
}

// turn writes the transposition to a form.
func (e *exporter) turn(v core.Value, f form, from string) string {
	out := e.tensorName(v, f)
	e.emitTo([]string{out}, "Transpose", []string{from}, attribute{"perm", channelOrder(len(v.Shape()), f.first)})
	return out
}

// flip writes the change between i8 and uint8 to a form.
func (e *exporter) flip(v core.Value, f form, from string, named bool) string {
	one := e.scalar(core.Scalar(float32(1)))
	a, b := e.scalar(core.Scalar(int8(0))), e.scalar(core.Scalar(uint8(128)))
	if !f.bytes {
		a, b = b, a
	}
	real := e.emit("DequantizeLinear", []string{from, one, a})
	out := ""
	if named {
		out = e.tensorName(v, f)
	} else {
		out = e.unique(e.node.Name + "/QuantizeLinear")
	}
	e.emitTo([]string{out}, "QuantizeLinear", []string{real, one, b})
	return out
}

// channelOrder is the order of axes that brings the channels to axis 1, or back to the end.
func channelOrder(rank int, first bool) []int {
	order := []int{0}
	if first {
		order = append(order, rank-1)
	} else {
		for i := 2; i < rank; i++ {
			order = append(order, i)
		}
		return append(order, 1)
	}
	for i := 1; i < rank-1; i++ {
		order = append(order, i)
	}
	return order
}

// axisIn returns where an axis of a tensor is in a form.
func axisIn(axis, rank int, f form) int {
	if axis < 0 {
		axis += rank
	}
	if !f.first {
		return axis
	}
	return slices.Index(channelOrder(rank, true), axis)
}

// constantForm writes a form of a constant.
func (e *exporter) constantForm(t *core.Tensor, v core.Value, f form) string {
	if f.first {
		t = permuted(t, channelOrder(len(t.Shape()), true))
	}
	if f.bytes {
		t = flipped(t)
	}
	if t.Len() <= smallConstant {
		return e.scalar(t)
	}
	name := e.unique(v.Node.Name + ":0" + f.suffix())
	e.graph.initializers = append(e.graph.initializers, tensorMessage{name, t})
	return name
}

// smallConstant is the elements of a constant that nodes share by its value.
const smallConstant = 1

// scalar writes a small constant, once for each value.
func (e *exporter) scalar(t *core.Tensor) string {
	key := fmt.Sprint(t.Type(), t.Shape(), t.Bytes(), t.Strings())
	if name := e.scalars[key]; name != "" {
		return name
	}
	name := e.unique("const/" + t.Type().String())
	e.graph.initializers = append(e.graph.initializers, tensorMessage{name, t})
	e.scalars[key] = name
	return name
}

// tensor writes a constant that belongs to the node at hand.
func (e *exporter) tensor(what string, t *core.Tensor) string {
	if t.Len() <= smallConstant {
		return e.scalar(t)
	}
	name := e.unique(e.node.Name + "/" + what)
	e.graph.initializers = append(e.graph.initializers, tensorMessage{name, t})
	return name
}

// once writes what write does, once for each key.
func (e *exporter) once(key string, write func() string) string {
	if name := e.shared[key]; name != "" {
		return name
	}
	name := write()
	e.shared[key], e.kept[name] = name, true
	return name
}

// inline writes the nodes of a function where the exporter is, with the tensors of given names as
// its parameters, and returns the names of its results. What its nodes are not exact in, the node
// at hand is not either.
func (e *exporter) inline(f *core.Function, arguments []string) []string {
	caller := *e
	e.ends, e.forms = nil, map[core.Value]map[form]string{}
	e.scales, e.results = map[core.Value]float32{}, map[core.Value]string{}
	type loss struct {
		f   Fidelity
		why string
	}
	var losses []loss
	for i, p := range f.Parameters {
		e.set(p.Out(0), form{}, arguments[i])
	}
	for _, n := range f.Nodes() {
		if _, ok := n.Op().(*core.Parameter); ok {
			continue
		}
		e.export(n)
		if e.fidelity != Exact {
			losses = append(losses, loss{e.fidelity, e.why})
		}
	}
	results := make([]string, len(f.Results))
	for i, r := range f.Results {
		results[i] = e.use(r.Inputs()[0], form{})
	}
	caller.reasons = e.reasons
	*e = caller
	for _, l := range losses {
		e.less(l.f, l.why)
	}
	return results
}

// subgraph returns a graph of its own, as an attribute of the node at hand: what write writes
// there, and the tensors that it returns as the graph's results. It sees the tensors around it.
func (e *exporter) subgraph(what string, inputs []valueInfo, results []core.Fact, write func() []string) *graphMessage {
	outer := *e
	defer func() {
		e.graph, e.first = outer.graph, outer.first
		e.shared, e.kept, e.scalars = outer.shared, outer.kept, outer.scalars
	}()
	g := &graphMessage{name: e.node.Name + "/" + what, inputs: inputs}
	e.graph, e.first = g, 0
	e.shared, e.kept, e.scalars = maps.Clone(e.shared), maps.Clone(e.kept), maps.Clone(e.scalars)
	for i, name := range write() {
		out := e.unique(fmt.Sprintf("%s/%d", g.name, i))
		e.emitTo([]string{out}, "Identity", []string{name})
		g.outputs = append(g.outputs, valueInfo{name: out, fact: results[i]})
	}
	return g
}

// cast converts a tensor.
func (e *exporter) cast(name string, to core.Type) string {
	return e.emit("Cast", []string{name}, attribute{"to", int(dataTypes[to])})
}

// ints writes a list of i64.
func (e *exporter) ints(what string, list []int) string {
	data := make([]int64, len(list))
	for i, v := range list {
		data[i] = int64(v)
	}
	return e.tensor(what, tensorOf(core.Shape{len(list)}, data))
}

// tensorOf is core.TensorOf of a shape that fits.
func tensorOf[T core.Element](s core.Shape, data []T) *core.Tensor {
	t, err := core.TensorOf(s, data)
	if err != nil {
		panic("onnx: " + err.Error())
	}
	return t
}

// over is core.TensorOver of data that fits.
func over(t core.Type, s core.Shape, data []byte) *core.Tensor {
	out, err := core.TensorOver(t, s, data)
	if err != nil {
		panic("onnx: " + err.Error())
	}
	return out
}

// flipped turns i8 into u8 that are 128 larger, and back.
func flipped(t *core.Tensor) *core.Tensor {
	data := slices.Clone(t.Bytes())
	for i := range data {
		data[i] ^= 0x80
	}
	to := core.U8
	if t.Type() == core.U8 {
		to = core.I8
	}
	return over(to, t.Shape(), data)
}

// permuted returns a tensor, not of strings, with its axes in another order.
func permuted(t *core.Tensor, order []int) *core.Tensor {
	shape := t.Shape()
	out, strides := make(core.Shape, len(order)), make([]int, len(order))
	step := make([]int, len(shape))
	for i, n := len(shape)-1, 1; i >= 0; i-- {
		step[i] = n
		n *= shape[i]
	}
	for i, a := range order {
		out[i], strides[i] = shape[a], step[a]
	}
	size := t.Type().Size()
	data, from := make([]byte, len(t.Bytes())), t.Bytes()
	index := make([]int, len(order))
	at := 0
	for i := 0; i < len(data); i += size {
		copy(data[i:i+size], from[at*size:])
		for d := len(index) - 1; d >= 0; d-- {
			index[d]++
			at += strides[d]
			if index[d] < out[d] {
				break
			}
			at -= strides[d] * out[d]
			index[d] = 0
		}
	}
	return over(t.Type(), out, data)
}
