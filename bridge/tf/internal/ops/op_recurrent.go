package ops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

const (
	cellSignature  = "x:T cs_prev:T h_prev:T w:T wci:T wcf:T wco:T b:T -> i:T cs:T f:T o:T ci:T co:T h:T"
	blockSignature = "seq_len_max:int64 " + cellSignature
)

// The cells of recurrent networks, and sequences of them, which become loops.
var _ = register("recurrent",
	op{name: "LSTMBlockCell", signature: cellSignature, translate: lstmCell},
	op{
		name: "BlockLSTM", signature: blockSignature,
		translate: func(c *call) []core.Value { return c.lstm().sequence() },
	},
	op{name: "BlockLSTMV2", signature: blockSignature, translate: blockLSTMV2},
	op{
		name:      "GRUBlockCell",
		signature: "x:T h_prev:T w_ru:T w_c:T b_ru:T b_c:T -> r:T u:T c:T h:T",
		translate: gruCell,
	},
	op{
		name: "CTCGreedyDecoder",
		signature: "inputs:T=float sequence_length:int32 " +
			"-> decoded_indices:int64 decoded_values:int64 decoded_shape:int64 log_probability:T=float",
		translate: ctcGreedyDecoder,
	},
)

// lstm is the cell of an LSTM.
type lstm struct {
	*call
	clip, forget float32
	peephole     []core.Value // of the input, the forget and the output gate; nil: none
	forgetFirst  bool         // the forget gate stands before the cell input
	size         int          // elements of the state
}

// lstm reads the attributes, and checks the inputs from x on, which are those of a cell.
func (c *call) lstm() *lstm {
	l := &lstm{call: c, clip: c.floatOr("cell_clip", 3), forget: c.floatOr("forget_bias", 1)}
	w := c.value("w").Shape()
	if len(w) != 2 || !w.Static() || w[1]%4 != 0 || w[0] <= w[1]/4 {
		c.failInput(c.index("w"), "got shape %v, want a known one, [inputs+state, 4*state]", w)
		return l
	}
	l.size = w[1] / 4
	batch := core.Unknown
	if x := c.value("x").Shape(); len(x) > 1 {
		batch = x[len(x)-2]
	}
	c.wantShape("x", core.Shape{batch, w[0] - l.size})
	c.wantShape("cs_prev", core.Shape{batch, l.size})
	c.wantShape("h_prev", core.Shape{batch, l.size})
	c.wantShape("b", core.Shape{w[1]})
	if c.boolOr("use_peephole", false) {
		for _, name := range []string{"wci", "wcf", "wco"} {
			c.wantShape(name, core.Shape{l.size})
			l.peephole = append(l.peephole, c.value(name))
		}
	}
	return l
}

// wantShape checks the last dimensions of the input with a name; only x of a sequence may have one more.
func (c *call) wantShape(name string, want core.Shape) {
	got := c.value(name).Shape()
	if name == "x" && c.has("seq_len_max") {
		want = append(core.Shape{core.Unknown}, want...)
	}
	if !got.Compatible(want) {
		c.failInput(c.index(name), "got shape %v, want %v", got, want)
	}
}

// product multiplies matrices in f32 and rounds to their type.
func (c *call) product(role string, a, b core.Value) core.Value {
	if c.err != nil {
		return core.Value{}
	}
	op, t := &linear.Dot{ReductionAxes: 1}, a.Type()
	if !t.IsHalf() {
		return c.helper(role, op, a, b)
	}
	a = c.helper(role+"_a", &pointwise.Convert{Type: core.F32}, a)
	b = c.helper(role+"_b", &pointwise.Convert{Type: core.F32}, b)
	return c.helper(role, &pointwise.Convert{Type: t}, c.helper(role+"_f32", op, a, b))
}

// sigmoid, tanh, plus and times apply one step, which is rounded.
func (c *call) sigmoid(role string, v core.Value) core.Value {
	return c.helper(role, &pointwise.Activate{Activation: numeric.Sigmoid}, v)
}

func (c *call) tanh(role string, v core.Value) core.Value {
	return c.helper(role, &pointwise.Activate{Activation: numeric.Tanh}, v)
}

func (c *call) plus(role string, a, b core.Value) core.Value {
	return c.helper(role, &pointwise.Add{}, a, b)
}

func (c *call) times(role string, a, b core.Value) core.Value {
	return c.helper(role, &pointwise.Multiply{}, a, b)
}

// step returns what a cell makes of its gates, [batch, 4*state], and of the state: TensorFlow's outputs.
func (l *lstm) step(gates, state core.Value, peephole []core.Value) []core.Value {
	parts := l.emitAs("#gates", &array.Split{Axis: 1, Sizes: []int{l.size, l.size, l.size, l.size}}, gates)
	if l.err != nil {
		return make([]core.Value, 7)
	}
	in, candidate, forget, out := parts[0], parts[1], parts[2], parts[3]
	if l.forgetFirst {
		candidate, forget = forget, candidate
	}
	if l.forget != 0 {
		forget = l.plus("forget_bias", forget, l.number("forget_bias_number", l.forget, forget))
	}
	if peephole != nil {
		in = l.plus("i_sum", in, l.times("i_peephole", state, peephole[0]))
		forget = l.plus("f_sum", forget, l.times("f_peephole", state, peephole[1]))
	}
	in, candidate, forget = l.sigmoid("i", in), l.tanh("ci", candidate), l.sigmoid("f", forget)
	next := l.plus("cs", l.times("cs_new", in, candidate), l.times("cs_kept", forget, state))
	if l.clip > 0 {
		next = l.helper("cs_clipped", &pointwise.Clamp{Lo: -float64(l.clip), Hi: float64(l.clip)}, next)
	}
	shown := l.tanh("co", next)
	if peephole != nil {
		out = l.plus("o_sum", out, l.times("o_peephole", next, peephole[2]))
	}
	out = l.sigmoid("o", out)
	return []core.Value{in, next, forget, out, candidate, shown, l.times("h", out, shown)}
}

func lstmCell(c *call) []core.Value {
	l := c.lstm()
	xh := c.helper("xh", &array.Concat{Axis: 1}, c.value("x"), c.value("h_prev"))
	gates := c.plus("biased", c.product("product", xh, c.value("w")), c.value("b"))
	return l.step(gates, c.value("cs_prev"), l.peephole)
}

// blockLSTMV2 has no forget bias, and the forget gate in another place.
func blockLSTMV2(c *call) []core.Value {
	l := c.lstm()
	l.clip, l.forget, l.forgetFirst = c.floatOr("cell_clip", 0), 0, true
	return l.sequence()
}

// sequence becomes a loop over the steps of a sequence. What the inputs contribute to the gates is one product before
// it. Steps from seq_len_max on give zeros, which TensorFlow promises of the states and of h only.
func (l *lstm) sequence() []core.Value {
	c := l.call
	if c.err != nil {
		return nil
	}
	x, w := c.value("x"), c.value("w")
	weights := c.emitAs("#weights", &array.Split{Sizes: []int{w.Shape()[0] - l.size, l.size}}, w)
	if c.err != nil {
		return nil
	}
	gates := c.plus("biased", c.product("inputs", x, weights[0]), c.value("b"))
	sizes := c.emitAs("#sizes", &array.Split{Sizes: []int{1, 1, 1}}, c.helper("shape", &core.ShapeOf{Type: core.I64}, x))
	if c.err != nil {
		return nil
	}
	state, err := core.TensorOf(core.Shape{1}, []int64{int64(l.size)})
	zero := c.number("zero", 0, x)
	zeros := c.helper("zeros", &array.BroadcastTo{}, zero, c.helper("zeros_shape", &array.Concat{},
		sizes[0], sizes[1], c.literal("state", state, err)))
	last := c.helper("last", &pointwise.Minimum{}, c.in[0], c.helper("length", &array.Squeeze{Axes: []int{0}}, sizes[0]))
	in := []core.Value{c.literal("first", core.Scalar(int64(0)), nil), c.value("cs_prev"), c.value("h_prev")}
	op := &control.Loop{}
	for range 7 {
		op.Rows = append(op.Rows, len(in))
		in = append(in, zeros)
	}
	in = append(in, last, gates, weights[1])
	in = append(in, l.peephole...)
	if c.err != nil {
		return nil
	}
	op.Condition, op.Body = l.condition(in), l.body(in)
	out := c.emit(op, in...)
	if c.err != nil {
		return nil
	}
	return out[3:]
}

// condition is the function that says whether the step is before the last.
func (l *lstm) condition(in []core.Value) *core.Function {
	p := l.parameters(in)
	return l.function("condition", p, l.helper("before", &pointwise.Compare{Relation: pointwise.Less}, p[0], p[10]))
}

// body is the function of one step: its variables are the step, the state, the output, and the rows of all outputs.
func (l *lstm) body(in []core.Value) *core.Function {
	p := l.parameters(in)
	at := p[0]
	gates := l.plus("sum", l.helper("row", &indexing.Gather{}, p[11], at), l.product("recurrent", p[2], p[12]))
	var peephole []core.Value
	if l.peephole != nil {
		peephole = p[13:]
	}
	rows := l.step(gates, p[1], peephole)
	next := l.plus("next", at, l.literal("one", core.Scalar(int64(1)), nil))
	results := []core.Value{next, rows[1], rows[6]}
	for _, r := range rows {
		results = append(results, at, r)
	}
	return l.function("body", p, results...)
}

// parameters are those of a function of given inputs.
func (c *call) parameters(in []core.Value) []core.Value {
	p := make([]core.Value, len(in))
	for i, v := range in {
		n, err := core.NewNamedNode(fmt.Sprintf("parameter%d", i), &core.Parameter{Type: v.Type(), Shape: v.Shape()})
		c.keep(err)
		if err == nil {
			p[i] = n.Out(0)
		}
	}
	return p
}

// function returns a function of parameters.
func (c *call) function(name string, parameters []core.Value, results ...core.Value) *core.Function {
	if c.err != nil {
		return nil
	}
	f := &core.Function{Name: c.node.Name + "/" + name, Names: map[string]core.Value{}}
	for _, p := range parameters {
		f.Parameters = append(f.Parameters, p.Node)
	}
	for i, v := range results {
		r, err := core.NewNamedNode(fmt.Sprintf("result%d", i), &core.Result{}, v)
		c.keep(err)
		if err == nil {
			r.Origin = v.Node.Origin
			f.Results = append(f.Results, r)
		}
	}
	return f
}

// gruCell follows TensorFlow's steps.
func gruCell(c *call) []core.Value {
	x, state, w := c.value("x"), c.value("h_prev"), c.value("w_ru").Shape()
	if len(w) != 2 || !w.Static() || w[1]%2 != 0 {
		c.failInput(c.index("w_ru"), "got shape %v, want a known one, [inputs+state, 2*state]", w)
		return nil
	}
	size, batch := w[1]/2, core.Unknown
	if s := x.Shape(); len(s) == 2 {
		batch = s[0]
	}
	c.wantShape("x", core.Shape{batch, w[0] - size})
	c.wantShape("h_prev", core.Shape{batch, size})
	c.wantShape("w_c", core.Shape{w[0], size})
	c.wantShape("b_ru", core.Shape{w[1]})
	c.wantShape("b_c", core.Shape{size})
	of := func(role string, h core.Value, w, b string) core.Value {
		xh := c.helper(role+"_xh", &array.Concat{Axis: 1}, x, h)
		return c.plus(role+"_biased", c.product(role+"_product", xh, c.value(w)), c.value(b))
	}
	gates := c.emitAs("#gates", &array.Split{Axis: 1, Sizes: []int{size, size}},
		c.sigmoid("ru", of("ru", state, "w_ru", "b_ru")))
	if c.err != nil {
		return nil
	}
	reset, update := gates[0], gates[1]
	candidate := c.tanh("c", of("c", c.times("h_reset", state, reset), "w_c", "b_c"))
	difference := c.helper("difference", &pointwise.Subtract{}, state, candidate)
	return []core.Value{reset, update, candidate, c.plus("h", c.times("h_kept", update, difference), candidate)}
}

// ctcGreedyDecoder counts a negative blank from the last class.
func ctcGreedyDecoder(c *call) []core.Value {
	op := &indexing.CTCGreedyDecoder{Merge: c.boolOr("merge_repeated", false), Blank: small(c.intOr("blank_index", -1))}
	if s := c.in[0].Shape(); op.Blank < 0 {
		if len(s) != 3 || s[2] == core.Unknown {
			c.failInput(0, "got shape %v, want a known number of classes for blank_index %d", s, op.Blank)
			return nil
		}
		op.Blank += s[2]
	}
	return c.emit(op, c.in...)
}
