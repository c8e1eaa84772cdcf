package kernels

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/compile"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// Prepared is a Function that is ready to be compiled for any shapes of its parameters. What
// does not depend on them (packed weights, folded constants, tables) is made once and
// shared by the Programs, which it keeps: the most recently used ones, within
// Options.MaxPrograms and Options.MaxProgramBytes. Its methods may be called by any number of
// goroutines at the same time.
type Prepared struct {
	function *core.Function
	options  Options
	ports    *ports // of the function: shapes may be unknown
	store    *share.Store
	runs     machine.RunPool
	family   *family
	calls    sync.Pool // of *call

	mu       sync.Mutex
	programs []*cached // the most recently used first
}

// family is a Prepared and its views.
type family struct {
	guard guard

	mu      sync.Mutex
	members []*Prepared
}

// cached is a Program that is kept, or the error that there is none.
type cached struct {
	shapes []core.Shape // of the parameters
	once   sync.Once

	// Set by once, with mu of the Prepared held.
	program *Program
	err     error
	keep    *share.Lease
	evicted bool
}

// Prepare returns a Prepared of f, which must not change any more. It computes nothing: the
// first Program for any shapes packs the weights. Options without a meaning are an
// *OptionError, and a Function that is put together wrongly is a *core.FunctionError.
func Prepare(f *core.Function, o Options) (*Prepared, error) {
	if err := check(f, o); err != nil {
		return nil, err
	}
	return newPrepared(f, o, share.New(f), &family{}), nil
}

// View returns a Prepared of f, whose constants and ops are those of p's function: it has, for
// example, other parameters and results. What both need, such as packed weights, is made once. Each
// has Programs of its own; both are closed when one of them is.
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
	all.mu.Lock()
	defer all.mu.Unlock()
	all.members = append(all.members, p)
	return p
}

// Compile is Prepare and Program: it makes a Program of f for parameters of the given shapes,
// by name. Shapes that f knows need not be given; all must then be known.
func Compile(f *core.Function, shapes map[string]core.Shape, o Options) (*Program, error) {
	p, err := Prepare(f, o)
	if err != nil {
		return nil, err
	}
	return p.Program(shapes)
}

// Program returns the Program for parameters of the given shapes, by name, with or without
// ":0"; shapes that the function knows need not be given. It is compiled if it is not kept.
func (p *Prepared) Program(shapes map[string]core.Shape) (*Program, error) {
	if !p.family.guard.enter() {
		return nil, ErrClosed
	}
	defer p.family.guard.leave()
	ordered, err := p.ports.shapes(shapes)
	if err != nil {
		return nil, err
	}
	return p.program(ordered)
}

// program returns the Program for the shapes of all parameters.
func (p *Prepared) program(shapes []core.Shape) (*Program, error) {
	c := p.lookup(shapes)
	c.once.Do(func() {
		keep := p.store.Lease()
		program, err := p.compileSafely(keep, c.shapes)
		p.mu.Lock()
		defer p.mu.Unlock()
		c.program, c.err, c.keep = program, err, keep
		if c.evicted {
			keep.Release()
		}
		p.evict()
	})
	return c.program, c.err
}

// compileSafely is compile with an *InternalError in place of a panic.
func (p *Prepared) compileSafely(keep *share.Lease, shapes []core.Shape) (_ *Program, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Recovered(v)
		}
	}()
	return p.compile(keep, shapes)
}

// compile makes the Program of one set of shapes.
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

// bind returns the function with the shapes of its parameters, in their order.
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

// lookup returns the entry for shapes, a new one if need be, and makes it the first.
func (p *Prepared) lookup(shapes []core.Shape) *cached {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.programs, func(c *cached) bool { return slices.EqualFunc(c.shapes, shapes, core.Shape.Equal) })
	if i < 0 {
		c := &cached{shapes: make([]core.Shape, len(shapes))}
		for j, s := range shapes {
			c.shapes[j] = s.Clone()
		}
		p.programs = append(p.programs, c)
		i = len(p.programs) - 1
	}
	c := p.programs[i]
	copy(p.programs[1:i+1], p.programs[:i])
	p.programs[0] = c
	return c
}

// evict forgets the Programs that were not used for longest, until the others are within
// the bounds. The most recently used one always stays. mu is held.
func (p *Prepared) evict() {
	bytes, n := int64(0), 0
	for n < len(p.programs) {
		c := p.programs[n]
		if c.program != nil {
			bytes += c.program.machine.Bytes()
		}
		if n > 0 && (n >= p.options.maxPrograms() || bytes > p.options.maxProgramBytes()) {
			break
		}
		n++
	}
	for _, c := range p.programs[n:] {
		if c.evicted = true; c.keep != nil {
			c.keep.Release()
		}
	}
	clear(p.programs[n:])
	p.programs = p.programs[:n]
}

// Run computes the results for inputs by parameter name, with or without ":0". A result is
// written into the tensor that outputs holds for it, or into a new one. The map that is
// returned has them all by their full names: it is outputs itself where that has a tensor for
// every result under its full name, and then nothing is allocated. After an error the
// tensors of outputs hold anything. ctx is looked at between instructions.
//
// A *TensorError reports tensors that do not fit, a *core.MemoryError a Run that would
// take too much memory, ErrClosed one that begins after Close, and ctx.Err() one that was
// cancelled.
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
	program, err := p.program(c.shapes)
	if err != nil {
		return nil, err
	}
	if err := program.run(ctx, c); err != nil {
		return nil, err
	}
	return p.ports.results(c, outputs), nil
}

// Memory tells what is kept: the bytes that all Programs share, and those of the Programs.
func (p *Prepared) Memory() (shared, programs int64) {
	shared = p.store.Size()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.programs {
		if c.program != nil {
			programs += c.program.machine.Bytes()
		}
	}
	return shared, programs
}

// Use calls f while the Prepared is open: Close waits for its return. It returns ErrClosed,
// without a call, after Close.
func (p *Prepared) Use(f func() error) error {
	if !p.family.guard.enter() {
		return ErrClosed
	}
	defer p.family.guard.leave()
	return f()
}

// Close waits for what is under way, Runs of Programs too, and forgets the Programs, its own and
// those of its views. What begins later, or while Close waits, fails with ErrClosed. After it
// returns, no memory of the Function's constants is read any more. Close may be called again, which
// does nothing.
func (p *Prepared) Close() {
	p.family.guard.close()
	p.family.mu.Lock()
	defer p.family.mu.Unlock()
	for _, member := range p.family.members {
		member.forget()
	}
	p.family.members = nil
}

// forget releases what the Programs keep.
func (p *Prepared) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.programs {
		if c.keep != nil {
			c.keep.Release()
		}
	}
	p.programs = nil
}
