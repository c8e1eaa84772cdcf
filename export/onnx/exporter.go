package onnx

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx/internal/affine"
)

// form is how a tensor of the function is represented in the model; Form is how products are written.
type form struct {
	first bool // the channels, which are the last axis in the function, are axis 1
	bytes bool // an i8 tensor is stored as uint8, with 128 added
}

// suffix is appended to the name of the tensor in the name of the form.
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
	opts     Options
	products map[*core.Node]affine.Range // the ranges of products that calibration has found
	ends     []*core.Node                // the function's results
	graph    *graphMessage               // the graph being written: the model's, or that of a branch or a loop's body
	forms    map[core.Value]map[form]string
	scales   map[core.Value]float32 // scales of quantized values, where the node that wrote them knows it
	results  map[core.Value]string  // the names of results
	pooled   map[*core.Node]pooled  // quantizations that are left to the MaxPool behind them
	left     map[*core.Node]bool    // nodes that are written with one behind them
	taken    map[string]bool        // names of tensors that are in use
	nodes    map[string]bool        // names of nodes that are in use
	own      map[string]*core.Node  // for a tensor of the model, the node of the function that computes it
	shared   map[string]string      // tensors that once has written, by key
	kept     map[string]bool        // the tensors in shared
	scalars  map[string]string      // small constants, by type, shape and bytes

	node     *core.Node // the current node: the one being written
	first    int        // index of the first node in graph that was written for it
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
		pooled: map[*core.Node]pooled{}, left: map[*core.Node]bool{},
		own:    map[string]*core.Node{},
		shared: map[string]string{}, kept: map[string]bool{}, scalars: map[string]string{},
	}
	e.findPooled(f)
	for _, r := range f.Results {
		v := r.Inputs()[0]
		if e.results[v] == "" {
			e.results[v] = r.Name
		}
		e.taken[r.Name] = true
	}
	return e
}

// less lowers the fidelity of the current node, and says why.
func (e *exporter) less(f Fidelity, why string) {
	if e.fidelity != OneStep && e.fidelity != OneStepInRange {
		e.fidelity, e.why = f, why
	}
}

// unique returns a name that no tensor has, and reserves it.
func (e *exporter) unique(name string) string {
	free := name
	for i := 1; e.taken[free]; i++ {
		free = name + "#" + strconv.Itoa(i)
	}
	e.taken[free] = true
	return free
}

// tensorName returns the name for a form of a value: the result's name, or TensorFlow's name of the tensor
// with the form's suffix.
func (e *exporter) tensorName(v core.Value, f form) string {
	name := e.results[v]
	if name == "" || f != (form{}) {
		name = e.unique(v.Node.Name + ":" + strconv.Itoa(v.Index) + f.suffix())
	}
	e.own[name] = v.Node
	return name
}

// emitTo writes a node whose outputs have the given names. If it computes an output of the current node, it
// gets that node's name.
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

// emit writes a node with one output, an intermediate tensor that the function does not have, and returns the
// tensor's name.
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

// rename makes a tensor that has been written a form of a value of the current node. If the last node written
// computes it, that node is renamed; otherwise an Identity is added.
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

// set records the name of a form of a value.
func (e *exporter) set(v core.Value, f form, name string) {
	if e.forms[v] == nil {
		e.forms[v] = map[form]string{}
	}
	e.forms[v][f] = name
}

// alias gives a value all forms of another value with the same elements.
func (e *exporter) alias(v, of core.Value) {
	for f, name := range e.forms[of] {
		e.set(v, f, name)
	}
	e.scales[v] = e.scales[of]
}

// normal returns a form without what makes no difference for a value.
func (e *exporter) normal(v core.Value, f form) form {
	return form{first: f.first && len(v.Shape()) >= 3, bytes: f.bytes && v.Type() == core.I8}
}

// use returns the name of a form of a value. It writes the form if this is the first reader that needs it.
func (e *exporter) use(v core.Value, f form) string {
	f = e.normal(v, f)
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
	return v.Node.Name // the node could not be written, so the model will be refused
}

// turn writes the Transpose from one order of axes to that of f.
func (e *exporter) turn(v core.Value, f form, from string) string {
	out := e.tensorName(v, f)
	e.emitTo([]string{out}, "Transpose", []string{from}, attribute{"perm", channelOrder(len(v.Shape()), f.first)})
	return out
}

// flip writes the conversion between int8 and uint8 to that of f. If named, the result is a form of v.
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

// channelOrder is the permutation that moves the channels to axis 1 (first), or from there to the end.
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

// axisIn returns the number that an axis of a tensor has in a form.
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

// smallConstant is the number of elements up to which equal constants are written only once.
const smallConstant = 1

// scalar writes a small constant, unless an equal one has been written.
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

// tensor writes a constant that belongs to the current node.
func (e *exporter) tensor(what string, t *core.Tensor) string {
	if t.Len() <= smallConstant {
		return e.scalar(t)
	}
	name := e.unique(e.node.Name + "/" + what)
	e.graph.initializers = append(e.graph.initializers, tensorMessage{name, t})
	return name
}

// once calls write the first time that it sees a key, and returns the same name from then on.
func (e *exporter) once(key string, write func() string) string {
	if name := e.shared[key]; name != "" {
		return name
	}
	name := write()
	e.shared[key], e.kept[name] = name, true
	return name
}

// inline writes the nodes of a function into the current graph, with the named tensors as arguments, and
// returns the names of its results. If its nodes are not exact, the current node is not exact either.
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

// subgraph returns a new graph for an attribute of the current node. It has the nodes that write writes, and
// its outputs are the tensors that write returns. Tensors of the outer graphs are visible in it.
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

// cast writes a Cast to a type.
func (e *exporter) cast(name string, to core.Type) string {
	return e.emit("Cast", []string{name}, attribute{"to", int(dataTypes[to])})
}

// ints writes a constant list of i64.
func (e *exporter) ints(what string, list []int) string {
	data := make([]int64, len(list))
	for i, v := range list {
		data[i] = int64(v)
	}
	return e.tensor(what, tensorOf(core.Shape{len(list)}, data))
}

// maxTable bounds the numbers of a table that is made from sizes.
const maxTable = 1 << 26

// checkTable refuses a table that has the product of some sizes as its number of elements, before it is made.
func checkTable(sizes ...int) error {
	n := 1
	for _, s := range sizes {
		if s > 0 && n > maxTable/s {
			return fmt.Errorf("it would need a table of more than %d numbers", maxTable)
		}
		n *= s
	}
	return nil
}

// tensorOf is core.TensorOf for data that are known to fit the shape; it panics otherwise.
func tensorOf[T core.Element](s core.Shape, data []T) *core.Tensor {
	t, err := core.TensorOf(s, data)
	if err != nil {
		panic("onnx: " + err.Error())
	}
	return t
}

// over is core.TensorOver for data that are known to fit the shape; it panics otherwise.
func over(t core.Type, s core.Shape, data []byte) *core.Tensor {
	out, err := core.TensorOver(t, s, data)
	if err != nil {
		panic("onnx: " + err.Error())
	}
	return out
}

// flipped converts i8 to u8 by adding 128, and u8 to i8 by subtracting 128.
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

// permuted returns a copy of a tensor with its axes in another order. It does not take strings.
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
