package tf2ng

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/ngfile"
	"github.com/tf2ng/tf2ng/kernels"
)

// maxPrograms bounds the compiled Programs that a Model keeps, one per set of input shapes.
const maxPrograms = 8

// Model is a translated graph, ready to run. Its methods may be called from any number
// of goroutines at the same time.
type Model struct {
	function *core.Function
	options  kernels.Options
	file     *ngfile.File // what the weights are mapped from; nil for models from memory

	mu       sync.Mutex
	closed   bool
	programs []*compiled    // the most recently used first
	running  sync.WaitGroup // the Runs under way; begun under mu, and not after closed
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
	if err := m.begin(); err != nil {
		return nil, err
	}
	defer m.running.Done()
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

// begin counts a Run as under way.
func (m *Model) begin() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.running.Add(1)
	return nil
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
			problem := kernels.WrongShape
			if want.Type != core.Dynamic && t.Type() != want.Type {
				problem = kernels.WrongType
			}
			return nil, &kernels.TensorError{Name: name, Problem: problem, Detail: fmt.Sprintf("got %v, want %v", t, want)}
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
		return nil, ErrClosed
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

// Close waits for the Runs under way and releases the mapped file and the compiled
// programs. A Run that begins after it returns ErrClosed.
func (m *Model) Close() error {
	m.mu.Lock()
	m.closed, m.programs = true, nil
	m.mu.Unlock()
	m.running.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return nil
	}
	err := m.file.Close()
	m.file = nil
	return err
}

// guard turns a panic of this goroutine into an error: the last belt.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error, please report: %v\n%s", p, debug.Stack())
	}
}
