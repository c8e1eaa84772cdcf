// Package tf2ng runs TensorFlow graphs with INT8 ops without TensorFlow.
//
// It reads a frozen GraphDef whose convolutions and matrix products are quantized
// (the min/max family: QuantizeV2, QuantizedConv2DWithBiasAndReluAndRequantize, ...),
// translates it to nGraph's scale-and-zero-point ops, and runs those on its own CPU
// kernels. The results of quantized ops are TensorFlow's, bit for bit; all results are the
// same on every CPU and with any number of threads. See WithTFVersion and
// WithoutQDQFusion for the two places where the default departs from TensorFlow 2.21.
//
//	m, err := tf2ng.Load("model.pb", tf2ng.WithThreads(2))
//	...
//	defer m.Close()
//	out, err := m.Run(ctx, map[string]*core.Tensor{"input": image})
package tf2ng

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/ngfile"
	"github.com/tf2ng/tf2ng/kernels"
	"github.com/tf2ng/tf2ng/kernels/isa"
)

// maxPrograms bounds the compiled Programs that a Model keeps, one per set of input shapes.
const maxPrograms = 8

// Option configures Load.
type Option func(*config)

type config struct {
	kernels   kernels.Options
	inputs    []tf.InputSpec
	outputs   []string
	tfVersion string
	limits    graphdef.Limits
}

// WithThreads sets the goroutines that one Run uses; the default is 1. Results do not
// depend on it.
func WithThreads(n int) Option { return func(c *config) { c.kernels.Threads = n } }

// WithoutISA forbids instruction sets that the CPU may have. Results do not depend on it.
func WithoutISA(isas ...isa.ISA) Option {
	return func(c *config) { c.kernels.Without = append(c.kernels.Without, isas...) }
}

// WithEngine selects what computes the ops; the default is kernels.Kernels. Results do
// not depend on it.
func WithEngine(e kernels.Engine) Option { return func(c *config) { c.kernels.Engine = e } }

// WithoutQDQFusion keeps convolutions and matrix products of dequantized tensors in float32,
// as the graph has them. By default those whose operands were all quantized become integer:
// faster, and an int8 tensor behind them may differ by one step in few places, since float
// sums are rounded and integer ones are not.
func WithoutQDQFusion() Option { return func(c *config) { c.kernels.WithoutQDQ = true } }

// WithMemoryLimit bounds the bytes of the tensors that one Run holds at once. More is a
// *core.MemoryError, which names the node, before anything is allocated. The default is
// core.DefaultMaxBytes.
func WithMemoryLimit(bytes int64) Option { return func(c *config) { c.kernels.MaxBytes = bytes } }

// WithInputs gives inputs shapes, or makes inner tensors inputs (GraphDefs only).
func WithInputs(specs ...tf.InputSpec) Option {
	return func(c *config) { c.inputs = append(c.inputs, specs...) }
}

// WithOutputs names the tensors that Run computes, "conv1" or "conv1:0"; any tensor of
// the graph will do. Without it they are the graph's own outputs.
func WithOutputs(names ...string) Option {
	return func(c *config) { c.outputs = append(c.outputs, names...) }
}

// WithTFVersion names the version of TensorFlow whose arithmetic is followed, from "1.15" to
// "2.21". The default, "auto", is 2.21 but for two of its defects (see Model.Warnings). A
// .ng file has its version recorded; another one is then an error.
func WithTFVersion(v string) Option { return func(c *config) { c.tfVersion = v } }

// WithLimits bounds what is accepted of a GraphDef.
func WithLimits(l graphdef.Limits) Option { return func(c *config) { c.limits = l } }

// Model is a translated graph, ready to run. Its methods may be called from any number
// of goroutines at the same time.
type Model struct {
	function *core.Function
	options  kernels.Options
	file     *ngfile.File // what the weights are mapped from; nil for models from memory

	mu       sync.Mutex
	closed   bool
	programs []*compiled // the most recently used first
}

type compiled struct {
	key     string
	once    sync.Once
	program *kernels.Program
	err     error
}

// TensorInfo describes an input or an output. Dimensions may be unknown.
type TensorInfo struct {
	Name  string     `json:"name"`
	Type  core.Type  `json:"type"`
	Shape core.Shape `json:"shape"`
}

// Load reads a frozen GraphDef (.pb), a text GraphDef (.pbtxt, if package
// bridge/tf/pbtxt is linked in) or a converted model (.ng). The content decides, not the
// name. The file is mapped into memory until Close.
func Load(path string, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	file, err := ngfile.Map(path)
	if err != nil {
		return nil, err
	}
	m, err := configure(opts).load(file.Data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	m.file = file
	return m, nil
}

// LoadBytes is Load for a model in memory, which must not change until Close.
func LoadBytes(data []byte, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	return configure(opts).load(data)
}

// LoadReader is Load for a model that is read from r to its end.
func LoadReader(r io.Reader, opts ...Option) (*Model, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return LoadBytes(data, opts...)
}

func configure(opts []Option) *config {
	c := &config{kernels: kernels.Options{Threads: 1}}
	for _, o := range opts {
		o(c)
	}
	return c
}

func (c *config) load(data []byte) (*Model, error) {
	var f *core.Function
	var err error
	if ngfile.Sniff(data) {
		if f, err = ngfile.Read(data); err == nil {
			f, err = c.converted(f)
		}
	} else {
		f, err = c.translated(data)
	}
	if err == nil && len(c.outputs) > 0 {
		f, err = f.WithResults(c.outputs, true) // named as the caller named them
	}
	if err != nil {
		return nil, err
	}
	return &Model{function: f, options: c.kernels}, nil
}

// translated returns the Function of a GraphDef.
func (c *config) translated(data []byte) (*core.Function, error) {
	g, err := graphdef.Parse(data, c.limits)
	if errors.Is(err, graphdef.ErrText) {
		g, err = graphdef.ParseText(data, c.limits)
	}
	if err != nil {
		return nil, err
	}
	return tf.Translate(g, tf.Options{Inputs: c.inputs, Outputs: c.outputs, TFVersion: c.tfVersion})
}

// converted narrows the Function of a .ng file to what the options want of it.
func (c *config) converted(f *core.Function) (*core.Function, error) {
	if recorded := f.Meta[tf.MetaVersion]; c.tfVersion != "" {
		want, err := tf.VersionName(c.tfVersion)
		if err != nil {
			return nil, err
		}
		if want != recorded {
			return nil, fmt.Errorf("the model was converted for TensorFlow %s, not %s: convert the GraphDef again", recorded, c.tfVersion)
		}
	}
	shapes := map[string]core.Shape{}
	for _, s := range c.inputs {
		name := strings.TrimSuffix(s.Name, ":0")
		if !slices.ContainsFunc(f.Parameters, func(p *core.Node) bool { return p.Name == name }) {
			return nil, fmt.Errorf("input %q: a converted model keeps its inputs %q: convert the GraphDef again to cut it elsewhere", s.Name, parameterNames(f))
		}
		shapes[name] = s.Shape
	}
	return f.Bind(shapes)
}

func parameterNames(f *core.Function) []string {
	var names []string
	for _, p := range f.Parameters {
		names = append(names, p.Name)
	}
	return names
}

// Inputs describes the inputs, in the order of the graph.
func (m *Model) Inputs() []TensorInfo { return infos(m.function.Parameters) }

// Outputs describes the outputs, by their full names ("Identity:0") or as WithOutputs
// named them.
func (m *Model) Outputs() []TensorInfo { return infos(m.function.Results) }

func infos(nodes []*core.Node) []TensorInfo {
	out := make([]TensorInfo, len(nodes))
	for i, n := range nodes {
		out[i] = TensorInfo{n.Name, n.Outputs()[0].Type, n.Outputs()[0].Shape}
	}
	return out
}

// Warning tells of a node whose result is not TensorFlow 2.21's because version "auto"
// computes it as the versions before it had a defect.
type Warning struct {
	Node    string `json:"node"` // the TensorFlow node
	Op      string `json:"op"`
	Repairs string `json:"repairs"` // the defect, in words
}

// String returns the warning as a sentence.
func (w Warning) String() string {
	return fmt.Sprintf("node %q (%s) is computed as TensorFlow 2.13 does: %s; version 2.21 reproduces that", w.Node, w.Op, w.Repairs)
}

// Warnings lists the nodes that the default version computes unlike TensorFlow 2.21.
func (m *Model) Warnings() []Warning {
	var warnings []Warning
	seen := map[string]bool{}
	for _, n := range m.function.Nodes() {
		if o := n.Origin; o.Repairs != "" && !seen[o.Node] {
			seen[o.Node] = true
			warnings = append(warnings, Warning{o.Node, o.Op, o.Repairs})
		}
	}
	return warnings
}

// Function returns the translated graph, which must not be changed.
func (m *Model) Function() *core.Function { return m.function }

// Run computes all outputs. Inputs are by name, with or without ":0"; the outputs
// belong to the caller. The first Run for a set of input shapes compiles; cancelling
// ctx stops between two ops.
func (m *Model) Run(ctx context.Context, inputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	return m.RunInto(ctx, inputs, nil)
}

// RunInto is Run that writes each output for which outputs holds a tensor into that.
func (m *Model) RunInto(ctx context.Context, inputs, outputs map[string]*core.Tensor) (_ map[string]*core.Tensor, err error) {
	defer guard(&err)
	in, err := m.bindNames(inputs)
	if err != nil {
		return nil, err
	}
	shapes := make(map[string]core.Shape, len(in))
	for name, t := range in {
		shapes[name] = t.Shape()
	}
	p, err := m.Compile(shapes)
	if err != nil {
		return nil, err
	}
	return p.Run(ctx, in, outputs)
}

// bindNames returns the inputs by the names of the parameters.
func (m *Model) bindNames(inputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	in := make(map[string]*core.Tensor, len(inputs))
	for name, t := range inputs {
		short := strings.TrimSuffix(name, ":0")
		i := slices.IndexFunc(m.function.Parameters, func(p *core.Node) bool { return p.Name == name || p.Name == short })
		if i < 0 {
			return nil, fmt.Errorf("no input %q: the inputs are %q", name, parameterNames(m.function))
		}
		p := m.function.Parameters[i]
		want := p.Outputs()[0]
		if t == nil {
			return nil, fmt.Errorf("input %q: got no tensor", name)
		}
		if half := want.Type == core.BF16 || want.Type == core.F16; half && t.Type() == core.U16 { // its bits
			var err error
			if t, err = core.TensorOver(want.Type, t.Shape(), t.Bytes()); err != nil {
				return nil, fmt.Errorf("input %q: %w", name, err)
			}
		}
		if want.Type != core.Dynamic && t.Type() != want.Type || !t.Shape().Compatible(want.Shape) {
			return nil, fmt.Errorf("input %q: got %v, want %v", name, t, want)
		}
		in[p.Name] = t
	}
	for _, p := range m.function.Parameters {
		if in[p.Name] == nil {
			return nil, fmt.Errorf("input %q (%v): missing", p.Name, p.Outputs()[0])
		}
	}
	return in, nil
}

// Compile returns the Program for inputs of the given shapes, by name. The Model keeps
// the last few, so that Run finds it.
func (m *Model) Compile(shapes map[string]core.Shape) (_ *kernels.Program, err error) {
	defer guard(&err)
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		fmt.Fprintf(&key, "%q%v", name, shapes[name])
	}
	c, err := m.lookup(key.String())
	if err != nil {
		return nil, err
	}
	c.once.Do(func() {
		c.err = errors.New("internal error: the compilation did not end")
		c.program, c.err = kernels.Compile(m.function, shapes, m.options)
	})
	return c.program, c.err
}

// lookup returns the entry of a key, a new one if need be, and makes it the first.
func (m *Model) lookup(key string) (*compiled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errors.New("the model is closed")
	}
	i := slices.IndexFunc(m.programs, func(c *compiled) bool { return c.key == key })
	if i < 0 {
		m.programs = append(m.programs, &compiled{key: key})
		i = len(m.programs) - 1
	}
	c := m.programs[i]
	m.programs = slices.Insert(slices.Delete(m.programs, i, i+1), 0, c)
	m.programs = m.programs[:min(len(m.programs), maxPrograms)]
	return c, nil
}

// WriteNG writes the model as a .ng file, which Load reads.
func (m *Model) WriteNG(w io.Writer) (err error) {
	defer guard(&err)
	return ngfile.Write(w, m.function)
}

// Close releases the mapped file and the compiled programs. No Run may be under way.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.programs = true, nil
	if m.file == nil {
		return nil
	}
	err := m.file.Close()
	m.file = nil
	return err
}

// Convert translates a GraphDef in memory and writes it as a .ng file.
func Convert(w io.Writer, graph []byte, opts ...Option) error {
	m, err := LoadBytes(graph, opts...)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := errors.Join(m.WriteNG(&b), m.Close()); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// guard turns a panic of this goroutine into an error: the last belt.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error, please report: %v\n%s", p, debug.Stack())
	}
}
