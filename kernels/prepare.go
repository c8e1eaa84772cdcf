package kernels

import (
	"context"
	"fmt"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/compile"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// Prepared is a Function that is ready to be compiled for any shapes of its parameters. What does not
// depend on the shapes (packed weights, folded constants, tables) is made once and shared by its
// Programs. It keeps the most recently used Programs, within Options.MaxPrograms and
// Options.MaxProgramBytes. Its methods may be called by any number of goroutines at the same time.
type Prepared struct {
	function *core.Function
	options  Options
	ports    *ports // of the function, whose shapes may be unknown
	store    *share.Store
	runs     machine.RunPool
	family   *family
	calls    sync.Pool // of *call
	programs *share.Cache[*Program]
}

// family is a Prepared with its views: they are closed together.
type family struct {
	guard guard

	mu      sync.Mutex
	members []*Prepared
}

// Prepare returns a Prepared of f, which must not be changed afterwards. It computes nothing: weights are
// packed when the first Program is compiled, whatever its shapes. It returns an *OptionError for invalid
// Options and a *core.FunctionError for a malformed Function.
func Prepare(f *core.Function, o Options) (*Prepared, error) {
	if err := check(f, o); err != nil {
		return nil, err
	}
	return newPrepared(f, o, share.New(f), &family{}), nil
}

// View returns a Prepared of f, a function that consists of the constants and ops of p's function but may
// have, for example, other parameters and results. What both need, such as packed weights, is made once
// and shared. Each keeps its own Programs. Closing either closes both.
func (p *Prepared) View(f *core.Function) (*Prepared, error) {
	if !p.family.guard.enter() {
		return nil, ErrClosed
	}
	defer p.family.guard.leave()
	if err := check(f, p.options); err != nil {
		return nil, err
	}
	return newPrepared(f, p.options, p.store, p.family), nil
}

func newPrepared(f *core.Function, o Options, store *share.Store, all *family) *Prepared {
	p := &Prepared{function: f, options: o, ports: newPorts(f), store: store, family: all}
	p.calls.New = func() any { return newCall(p.ports) }
	p.programs = share.NewCache(store, o.programs(), p.compile, func(q *Program) int64 { return q.machine.Bytes() })
	all.mu.Lock()
	defer all.mu.Unlock()
	all.members = append(all.members, p)
	return p
}

// Compile is Prepare followed by Program: it compiles f for the given parameter shapes, by name. Shapes
// that f declares need not be given. Together they must leave no shape unknown.
func Compile(f *core.Function, shapes map[string]core.Shape, o Options) (*Program, error) {
	p, err := Prepare(f, o)
	if err != nil {
		return nil, err
	}
	return p.Program(shapes)
}

// Program returns the Program for the given parameter shapes, by name, with or without ":0". Shapes that
// the function declares need not be given. The Program is compiled unless it is in the cache.
func (p *Prepared) Program(shapes map[string]core.Shape) (*Program, error) {
	if !p.family.guard.enter() {
		return nil, ErrClosed
	}
	defer p.family.guard.leave()
	ordered, err := p.ports.shapes(shapes)
	if err != nil {
		return nil, err
	}
	return p.programs.Of(ordered)
}

// compile makes the Program for one set of shapes.
func (p *Prepared) compile(keep *share.Lease, shapes []core.Shape) (*Program, error) {
	f, err := p.bind(shapes)
	if err != nil {
		return nil, err
	}
	rewritten, m, err := compile.Compile(f, p.options.compilation(), keep, &p.runs)
	if err != nil {
		return nil, err
	}
	return newProgram(f, rewritten, m, &p.family.guard), nil
}

// bind returns the function with its parameters' shapes bound to the given ones, which are in the order of
// the parameters.
func (p *Prepared) bind(shapes []core.Shape) (*core.Function, error) {
	byName := make(map[string]core.Shape, len(shapes))
	for i, n := range p.function.Parameters {
		byName[n.Name] = shapes[i]
	}
	f, err := p.function.Bind(byName)
	if err != nil {
		return nil, err
	}
	for _, n := range f.Parameters {
		if !n.Outputs()[0].Static() {
			return nil, fmt.Errorf("input %q: its type and shape %v are not fully known: give a shape", n.Name, n.Outputs()[0])
		}
	}
	return f, nil
}

// Run computes the results for inputs, which are given by parameter name, with or without ":0". A result
// is written into the tensor that outputs holds for it, or into a new one if there is none. The returned
// map holds all results by their full names. If outputs has a tensor for every result under its full name,
// the returned map is outputs itself and nothing is allocated. After an error the contents of the tensors
// in outputs are undefined. ctx is checked between instructions.
//
// Run returns a *core.TensorError for tensors that do not fit, a *core.MemoryError if it would take too much
// memory, ErrClosed if it begins after Close, and ctx.Err() if it was cancelled.
func (p *Prepared) Run(ctx context.Context, inputs, outputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	if !p.family.guard.enter() {
		return nil, ErrClosed
	}
	defer p.family.guard.leave()
	c := p.calls.Get().(*call)
	defer p.calls.Put(c)
	defer c.clear()
	if err := p.ports.bind(c, inputs, outputs); err != nil {
		return nil, err
	}
	for i, t := range c.in {
		c.shapes[i] = t.Shape()
	}
	program, err := p.programs.Of(c.shapes)
	if err != nil {
		return nil, err
	}
	if err := program.run(ctx, c); err != nil {
		return nil, err
	}
	return p.ports.results(c, outputs), nil
}

// Memory returns the bytes that are kept: those that all Programs share, and the sum of those that each
// Program holds by itself.
func (p *Prepared) Memory() (shared, programs int64) { return p.store.Size(), p.programs.Bytes() }

// Use calls f and keeps the Prepared open until f returns: Close waits for it. After Close it returns
// ErrClosed without calling f.
func (p *Prepared) Use(f func() error) error {
	if !p.family.guard.enter() {
		return ErrClosed
	}
	defer p.family.guard.leave()
	return f()
}

// Close waits for all calls under way, including Runs of Programs, and then drops the Programs of this
// Prepared and of its views. Calls that begin later, or while Close waits, fail with ErrClosed. Once Close
// has returned, the memory of the Function's constants is not read any more. Closing again does nothing.
func (p *Prepared) Close() {
	p.family.guard.close()
	p.family.mu.Lock()
	defer p.family.mu.Unlock()
	for _, member := range p.family.members {
		member.programs.Close()
	}
	p.family.members = nil
}
