package ops

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// op is a row of the table of TensorFlow ops.
type op struct {
	name      string
	signature string // see opdef.Parse
	translate func(*call) []core.Value
	random    bool // it produces random numbers
	passes    bool // its outputs are what it reads, as it is
	flow      bool // its output of floats is the flow of a TensorArray
	// adds tells the data input of a node to which it adds in place; nil: to none.
	adds func(*op, *graphdef.Node) (input int, ok bool)

	family  string // from the name of its file, op_<family>.go
	in, out opdef.Ports
}

// Context is what a translator knows in addition to its node.
type Context struct {
	Arithmetic     builders.Arithmetic
	ConstantInputs bool // no input of the node depends on an input of the graph
	// Read returns what an input of the node became.
	Read func(graphdef.Input) (core.Value, error)
	// Lists holds the values that represent lists of tensors; translators add theirs. In TensorFlow they
	// are handles and flows, of other types.
	Lists map[core.Value]bool
	// Table returns what a table, which the node makes, is initialized with.
	Table func(*graphdef.Node) (keys, values *core.Tensor, err error)
}

// call is what a translator works with: the node, its attributes and its inputs. The first error is kept, and later
// steps do nothing, so a translator needs no checks between its steps.
type call struct {
	node *graphdef.Node
	op   *op
	in   []core.Value // the data inputs
	err  error

	arithmetic     builders.Arithmetic
	starts         []int  // the index in in of each of op.in
	role           string // of what emit creates, if that is not yet the node's output
	made           int    // how many nodes emit and helper have created
	constantInputs bool   // no input depends on an input of the graph
	lists          map[core.Value]bool
	table          func(*graphdef.Node) (keys, values *core.Tensor, err error)
}

// call checks a node's inputs against the op's signature: how many, and their types.
func (o *op) call(n *graphdef.Node, ctx Context) (*call, error) {
	c := &call{
		node: n, op: o, arithmetic: ctx.Arithmetic, constantInputs: ctx.ConstantInputs, lists: ctx.Lists, table: ctx.Table,
	}
	if err := opdef.CheckKernel(n); err != nil {
		return nil, err
	}
	data := n.DataInputs()
	types, starts, err := c.op.in.Expand(n, len(data))
	if err != nil {
		return nil, err
	}
	if len(types) != len(data) {
		return nil, fmt.Errorf("got %d inputs, want %d", len(data), len(types))
	}
	c.starts = starts
	for i, in := range data {
		v, err := ctx.Read(in)
		if err != nil {
			return nil, c.inputError(i, "%v", err)
		}
		if got := v.Type(); got != types[i] && got != core.Dynamic && types[i] != core.Dynamic && !c.lists[v] {
			return nil, c.inputError(i, "got type %v from %q, want %v as the node's attributes say", got, in, types[i])
		}
		c.in = append(c.in, v)
	}
	return c, nil
}

// checkOutputs checks the results of a translator against the op's signature.
func (c *call) checkOutputs(out []core.Value) error {
	types, _, err := c.op.out.Expand(c.node, opdef.MaxValues)
	if err != nil {
		return err
	}
	if c.op.out.Listed() && len(out) != len(types) {
		return fmt.Errorf("the op gives %d output(s), but the node's attributes list %d", len(out), len(types))
	}
	for i, v := range out {
		if v.Node == nil || i >= len(types) {
			continue
		}
		if got := v.Type(); got != types[i] && got != core.Dynamic && types[i] != core.Dynamic && !c.lists[v] {
			return fmt.Errorf("output %d: the op gives %v, but the node's attributes say %v", i, got, types[i])
		}
	}
	return nil
}

// InputError is an error about an input of the node that is being translated.
type InputError struct {
	Input int    // its number
	Name  string // its name in the op's signature, "values[2]" in a list
	Msg   string
	Err   error // that of the core op which rejected the input; may be nil
}

// Error reads "input 4 (min_filter): got shape [0], want [] or [1]".
func (e *InputError) Error() string {
	return "input " + strconv.Itoa(e.Input) + " (" + e.Name + "): " + e.Msg
}

// Unwrap returns the core op's error, or nil.
func (e *InputError) Unwrap() error { return e.Err }

// inputError is an InputError about input i.
func (c *call) inputError(i int, format string, args ...any) error {
	return &InputError{Input: i, Name: c.nameOf(i), Msg: fmt.Sprintf(format, args...)}
}

// nameOf returns the name of input i in the signature.
func (c *call) nameOf(i int) string { return c.op.in.NameOf(c.starts, i) }

// keep records an error, unless it is nil or not the first.
func (c *call) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}

// fail records an error about the node as a whole.
func (c *call) fail(format string, args ...any) {
	c.keep(fmt.Errorf(format, args...))
}

// failAttr records an error about an attribute.
func (c *call) failAttr(attr, format string, args ...any) {
	c.keep(c.node.Errorf(attr, format, args...))
}

// failInput records an error about input i.
func (c *call) failInput(i int, format string, args ...any) {
	c.keep(c.inputError(i, format, args...))
}

// Attributes, with TensorFlow's default where the op has one.

func (c *call) str(name string) string {
	v, err := c.node.Str(name)
	c.keep(err)
	return v
}

func (c *call) strOr(name, otherwise string) string {
	v, err := c.node.StrOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) intOr(name string, otherwise int64) int64 {
	v, err := c.node.IntOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) floatOr(name string, otherwise float32) float32 {
	v, err := c.node.FloatOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) boolOr(name string, otherwise bool) bool {
	v, err := c.node.BoolOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) strs(name string) []string {
	v, err := c.node.StrsOr(name, nil)
	c.keep(err)
	return v
}

// intsOr reads a list(int) of a given length; otherwise is the default if it is absent.
func (c *call) intsOr(name string, length int, otherwise []int64) []int {
	list := otherwise
	if otherwise == nil || c.node.Has(name) {
		var err error
		list, err = c.node.IntsOf(name, length)
		c.keep(err)
	}
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(v)
	}
	return out
}

// typ reads a type attribute; otherwise, if not Dynamic, is its default.
func (c *call) typ(name string, otherwise core.Type) core.Type {
	t, err := opdef.TypeAttr(c.node, name, otherwise)
	c.keep(err)
	return t
}

// choice reads a string attribute that must be one of a list, of which the first is the default.
func choice[T any](c *call, name string, names []string, values []T) T {
	s := c.strOr(name, names[0])
	for i, n := range names {
		if n == s {
			return values[i]
		}
	}
	c.failAttr(name, "got %q, want one of %q", s, names)
	return values[0]
}

// scope returns what the builders need to know.
func (c *call) scope() builders.Scope {
	return builders.Scope{Arithmetic: c.arithmetic, Node: c.node.Name, Op: c.node.Op}
}

// built returns a builder's output as the node's outputs: the value, and its range if it has one.
func (c *call) built(o builders.Output, err error) []core.Value {
	c.keep(err)
	if c.err != nil {
		return nil
	}
	if o.Min.Node == nil {
		return []core.Value{o.Value}
	}
	return []core.Value{o.Value, o.Min, o.Max}
}

// emit applies an op and returns its outputs as the node's outputs.
func (c *call) emit(op core.Op, in ...core.Value) []core.Value { return c.emitAs(c.role, op, in...) }

// helper applies an op for an intermediate result and returns its first output.
func (c *call) helper(role string, op core.Op, in ...core.Value) core.Value {
	if out := c.emitAs("#"+role, op, in...); len(out) > 0 {
		return out[0]
	}
	return core.Value{}
}

// maxMade is how many nodes one node may become. Longer lists of inputs, with an op for each, would take seconds to
// compile.
const maxMade = 1 << 16

func (c *call) emitAs(suffix string, op core.Op, in ...core.Value) []core.Value {
	if c.made++; c.made > maxMade {
		c.fail("%w: becomes more than %d operations, which is the limit; want fewer inputs", graphdef.ErrLimit, maxMade)
	}
	if c.err != nil {
		return nil
	}
	n, err := core.NewNamedNode(c.node.Name+suffix, op, in...)
	if err != nil {
		c.keep(c.blame(err, in))
		return nil
	}
	n.Origin = core.Origin{Node: c.node.Name, Op: c.node.Op}
	out := make([]core.Value, len(n.Outputs()))
	for i := range out {
		out[i] = n.Out(i)
	}
	return out
}

// blame turns a core op's error about one of its inputs into an error about the node's input that it was made from.
func (c *call) blame(err error, in []core.Value) error {
	var o *core.OpError
	if !errors.As(err, &o) || o.Input < 0 || o.Input >= len(in) {
		return err
	}
	i := o.Input
	if i >= len(c.in) || c.in[i] != in[i] {
		i = slices.Index(c.in, in[o.Input])
	}
	if i < 0 {
		return err
	}
	msg := o.Msg
	if o.Constraint != "" {
		msg += " (" + o.Constraint + ")"
	}
	return &InputError{Input: i, Name: c.nameOf(i), Msg: msg, Err: err}
}

// literal returns a constant for an intermediate result.
func (c *call) literal(role string, t *core.Tensor, err error) core.Value {
	c.keep(err)
	if c.err != nil {
		return core.Value{}
	}
	v := core.NewConstant(t)
	v.Node.Name, v.Node.Origin = c.node.Name+"#"+role, core.Origin{Node: c.node.Name, Op: c.node.Op}
	return v
}
