package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tf2ng/tf2ng/core"
)

// Quantization compares a quantized graph with the float graph that it was made from.
type Quantization struct {
	Quantized, Float         Side
	QuantizedPlan, FloatPlan *Plan
	Feeds                    Tensors // the inputs of both graphs
	Progress                 func(what string, done, total int)
}

// Layer is a tensor of the float graph and its counterpart in the quantized one.
type Layer struct {
	Name      string `json:"name"` // in the float graph
	Quantized string `json:"quantized"`
	Op        string `json:"op,omitempty"` // the op in the quantized graph
	Elements  int    `json:"elements"`
	// SNR is the ratio of the float tensor's power to that of the differences, in decibels. SNRInputs is
	// the smallest SNR of the layers that this one reads, +Inf if there are none. SNROwn is the layer's
	// own loss: what its SNR would be with noiseless inputs, assuming that noise power adds up.
	SNR         Number  `json:"signal_to_noise_db"`
	SNRInputs   Number  `json:"signal_to_noise_of_inputs_db"`
	SNROwn      Number  `json:"signal_to_noise_own_db"`
	MaxAbsolute Number  `json:"max_absolute_difference"`
	Saturated   float64 `json:"saturated"` // see Extent
	Used        float64 `json:"used"`
	Narrow      bool    `json:"narrow"` // the counterpart has narrow integers, so Saturated and Used are set
}

// Loss reports where a quantized graph loses accuracy.
type Loss struct {
	Schema    int      `json:"schema"`
	Quantized string   `json:"quantized"`
	Float     string   `json:"float"`
	Layers    []Layer  `json:"layers"`              // in order of their own loss, the largest first
	Unmatched []string `json:"unmatched,omitempty"` // tensors of the quantized graph without a counterpart
	Answers   *Answers `json:"answers,omitempty"`
}

// Layers compares every tensor of the quantized graph that has a counterpart in the float graph:
//   - The counterpart of a node is the node of the same name, if there is one.
//   - A node that only quantizes or dequantizes has the counterpart of its input.
//   - Any other quantized node is named after a float node: "conv1_eightbit_requantize" after conv1. The
//     candidates are that node and the chain of nodes that follow it, up to the first that the quantized
//     graph has, too. The counterpart is the candidate of the same shape with the smallest difference, since
//     it varies how many nodes of the chain were fused.
//
// Quantized tensors are dequantized with the range that their node outputs before they are compared.
func (q *Quantization) Layers(ctx context.Context) (*Loss, error) {
	small, err := q.values(ctx, q.Quantized, q.QuantizedPlan)
	if err != nil {
		return nil, err
	}
	full, err := q.values(ctx, q.Float, q.FloatPlan)
	if err != nil {
		return nil, err
	}
	l := &Loss{Schema: ReportSchema, Quantized: q.Quantized.Name, Float: q.Float.Name}
	found, unmatched := q.match(small, full)
	l.Unmatched = unmatched
	for i := range q.QuantizedPlan.nodes {
		n := &q.QuantizedPlan.nodes[i]
		layer := found[n.name]
		if layer == nil {
			continue
		}
		layer.SNRInputs = Number(math.Inf(1))
		for _, in := range q.QuantizedPlan.matchedInputs(n, found) {
			layer.SNRInputs = min(layer.SNRInputs, found[in].SNR)
		}
		layer.own()
		l.Layers = append(l.Layers, *layer)
	}
	if len(l.Layers) == 0 {
		return nil, errors.New("no tensor of the quantized graph has a counterpart in the float graph: is it of the same " +
			"model?")
	}
	slices.SortFunc(l.Layers, func(a, b Layer) int {
		return cmp.Or(cmp.Compare(a.SNROwn, b.SNROwn), strings.Compare(a.Quantized, b.Quantized))
	})
	return l, nil
}

// A counterpart that was found by name may compute something else, for example a convolution without the
// normalization that was folded into the quantized one. That is assumed of a tensor whose SNR is below
// strangeSNR while the SNR of everything that reads it is higher by more than strangeGain.
const (
	strangeSNR  = 20 // dB
	strangeGain = 12 // dB
)

// match returns the counterparts by node of the quantized graph, and the nodes that have none.
func (q *Quantization) match(small, full Tensors) (found map[string]*Layer, unmatched []string) {
	chains := newChains(q.QuantizedPlan, q.FloatPlan, small)
	found = map[string]*Layer{}
	for i := range q.QuantizedPlan.nodes {
		n := &q.QuantizedPlan.nodes[i]
		readings := reals(small, n.name)
		if len(readings) == 0 {
			continue
		}
		layer := best(readings, chains.candidates(n), full)
		if layer == nil {
			unmatched = append(unmatched, n.name)
			continue
		}
		layer.Quantized, layer.Op = n.name+":0", n.op
		if t := small[n.name+":0"]; narrow(t.Type()) {
			e := extent(t.Type(), t.Float64s())
			layer.Saturated, layer.Used, layer.Narrow = e.Saturated, e.Used, true
		}
		found[n.name] = layer
	}
	readers := map[string]Number{} // for each layer, the smallest SNR of the layers that read it
	for i := range q.QuantizedPlan.nodes {
		n := &q.QuantizedPlan.nodes[i]
		if found[n.name] == nil {
			continue
		}
		for _, in := range q.QuantizedPlan.matchedInputs(n, found) {
			if snr, ok := readers[in]; !ok || found[n.name].SNR < snr {
				readers[in] = found[n.name].SNR
			}
		}
	}
	for i := range q.QuantizedPlan.nodes {
		node := q.QuantizedPlan.nodes[i].name
		snr, read := readers[node]
		if l := found[node]; l != nil && read && l.SNR < strangeSNR && snr > l.SNR+strangeGain {
			delete(found, node)
			unmatched = append(unmatched, node)
		}
	}
	return found, unmatched
}

// matchedInputs returns the nearest nodes before n that have a counterpart. Nodes without one are looked
// through.
func (p *Plan) matchedInputs(n *planned, found map[string]*Layer) []string {
	var list []string
	seen := map[string]bool{}
	for todo := slices.Clone(n.reads); len(todo) > 0; {
		node := NodeOf(todo[0])
		todo = todo[1:]
		if seen[node] {
			continue
		}
		seen[node] = true
		if found[node] != nil {
			list = append(list, node)
		} else if i, ok := p.at[node]; ok {
			todo = append(todo, p.nodes[i].reads...)
		}
	}
	return list
}

// values computes all tensors of one side.
func (q *Quantization) values(ctx context.Context, s Side, p *Plan) (Tensors, error) {
	list, ok := s.Runner.(Lister)
	if !ok {
		return nil, fmt.Errorf("%s does not tell its tensors", s.Name)
	}
	tensors := p.order(list.Tensors())
	c := Comparison{Plan: p, Feeds: q.Feeds, Progress: q.Progress}
	f, err := c.fetch(ctx, s, tensors)
	if err != nil {
		return nil, err
	}
	for _, t := range tensors {
		if err := f.failed[t]; err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s.Name, t, err)
		}
	}
	for name, t := range q.Feeds { // an input may be quantized, too
		f.values[FullName(name)] = t
	}
	return f.values, nil
}

// reals returns the reals that the first output of a node may stand for: the output itself if it is f32, or
// its 8-bit integers dequantized with the range in the second and third output. TensorFlow's ops interpret
// unsigned integers whose range begins below 0 in two ways, and both are returned: integer 0 is 0 and 255
// is the larger magnitude of the range, or integer 0 is the lower end of the range and 255 the upper one.
func reals(values Tensors, node string) []*core.Tensor {
	t := values[node+":0"]
	if t == nil || t.Type() == core.F32 {
		return slices.DeleteFunc([]*core.Tensor{t}, func(t *core.Tensor) bool { return t == nil })
	}
	low, high := values[node+":1"], values[node+":2"]
	if t.Type() != core.I8 && t.Type() != core.U8 || low == nil || high == nil || low.Len() != 1 || high.Len() != 1 ||
		!low.Type().IsFloat() || !high.Type().IsFloat() {
		return nil
	}
	lo, hi := low.Float64s()[0], high.Float64s()[0]
	largest := max(math.Abs(lo), math.Abs(hi))
	if t.Type() == core.I8 {
		return affine(t, largest/127, 0)
	}
	list := affine(t, largest/255, 0)
	if lo < 0 {
		list = append(list, affine(t, (hi-lo)/255, lo)...)
	}
	return list
}

// affine returns scale*t + offset.
func affine(t *core.Tensor, scale, offset float64) []*core.Tensor {
	out := make([]float32, t.Len())
	for i, x := range t.Float64s() {
		out[i] = float32(float64(x*scale) + offset)
	}
	r, err := core.TensorOf(t.Shape(), out)
	if err != nil {
		return nil
	}
	return []*core.Tensor{r}
}

// best returns the candidate with the highest SNR against any reading of a tensor; nil if none has the
// tensor's shape.
func best(readings []*core.Tensor, candidates []string, full Tensors) *Layer {
	var found *Layer
	for _, name := range candidates {
		want := full[name]
		for _, got := range readings {
			if want == nil || want.Type() != core.F32 || !want.Shape().Equal(got.Shape()) {
				continue
			}
			c := compare(Pair{Name: name, Got: got, Want: want}, Tolerance{})
			if found == nil || c.SNR > found.SNR {
				found = &Layer{Name: name, Elements: c.Elements, SNR: c.SNR, MaxAbsolute: c.MaxAbsolute}
			}
		}
	}
	return found
}

// own sets SNROwn: the noise of the inputs is subtracted from the layer's.
func (l *Layer) own() {
	noise := math.Pow(10, -float64(l.SNR)/10) - math.Pow(10, -float64(l.SNRInputs)/10)
	l.SNROwn = Number(math.Inf(1))
	if noise > 0 {
		l.SNROwn = Number(-10 * math.Log10(noise))
	}
}

// chains finds the nodes of the float graph that were fused into one node of the quantized graph.
type chains struct {
	quantized, float *Plan
	values           Tensors             // tensors of the quantized graph
	readers          map[string][]string // for each node of the float graph, the nodes that read it
	kept             map[string]bool     // nodes that are in the quantized graph, or that one of its nodes comes from
}

func newChains(quantized, float *Plan, values Tensors) *chains {
	c := &chains{
		quantized: quantized, float: float, values: values, readers: map[string][]string{}, kept: map[string]bool{},
	}
	for i := range float.nodes {
		n := &float.nodes[i]
		for _, t := range n.reads {
			if in := NodeOf(t); !slices.Contains(c.readers[in], n.name) {
				c.readers[in] = append(c.readers[in], n.name)
			}
		}
	}
	for i := range quantized.nodes {
		n := &quantized.nodes[i]
		c.kept[n.name] = true
		if n.quantized {
			c.kept[c.origin(n.name)] = true
		}
	}
	return c
}

// origin returns the node of the float graph that a quantized node was made from, "" if there is none.
// Quantization tools append suffixes to the name of the original node.
func (c *chains) origin(node string) string {
	for !c.float.has(node) {
		at := strings.LastIndexAny(node, "_/")
		if at < 0 {
			return ""
		}
		node = node[:at]
	}
	return node
}

// candidates returns the tensors of the float graph that a node of the quantized one may stand for.
func (c *chains) candidates(n *planned) []string {
	if c.float.has(n.name) {
		return []string{n.name + ":0"}
	}
	if !n.quantized || len(n.reads) == 0 { // constants may have been changed, by folding for example
		return nil
	}
	if t := c.converts(n); t != "" { // the result stands for the same reals as the input
		if i, ok := c.quantized.at[NodeOf(t)]; ok {
			return c.candidates(&c.quantized.nodes[i])
		}
		return []string{t}
	}
	at := c.origin(n.name)
	if at == "" {
		return nil
	}
	list := []string{at + ":0"}
	for len(c.readers[at]) == 1 {
		at = c.readers[at][0]
		list = append(list, at+":0")
		if c.kept[at] { // in the quantized graph it is the dequantization, or the next layer
			break
		}
	}
	return list
}

// converts returns the input of a node that only quantizes or dequantizes it; "" for any other node.
func (c *chains) converts(n *planned) string {
	read, made := c.values[n.inputs[0]], c.values[n.name+":0"]
	if n.reads[0] != n.inputs[0] || read == nil || made == nil || !read.Shape().Equal(made.Shape()) ||
		read.Type().IsFloat() == made.Type().IsFloat() {
		return ""
	}
	return n.reads[0]
}

// WriteText writes the loss as text: a table with a line per layer, and a summary.
func (l *Loss) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "LAYER\tOP\tELEMENTS\tSNR\tOF INPUTS\tOWN\tMAX ABS\tSATURATED\tUSED\tQUANTIZED")
	for i := range l.Layers {
		x := &l.Layers[i]
		saturated, used := "-", "-"
		if x.Narrow {
			saturated, used = fmt.Sprintf("%.3g %%", 100*x.Saturated), fmt.Sprintf("%.3g %%", 100*x.Used)
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\t%s\t%.3g\t%s\t%s\t%s\n", x.Name, x.Op, x.Elements, decibels(x.SNR),
			decibels(x.SNRInputs), decibels(x.SNROwn), x.MaxAbsolute, saturated, used, x.Quantized)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	x := &l.Layers[0]
	fmt.Fprintf(w, "%s of %s beside %s; the largest loss of its own has %s (%s): %s\n", plural(len(l.Layers), "layer"),
		l.Quantized, l.Float, x.Name, x.Op, decibels(x.SNROwn))
	if len(l.Unmatched) > 0 {
		fmt.Fprintf(w, "without a counterpart: %s, the first %s\n", plural(len(l.Unmatched), "node"), l.Unmatched[0])
	}
	if l.Answers != nil {
		l.Answers.write(w)
	}
	return nil
}

func decibels(x Number) string {
	if math.IsInf(float64(x), 0) {
		return strings.TrimPrefix(fmt.Sprint(float64(x)), "+")
	}
	return fmt.Sprintf("%.1f dB", x)
}
