// Package share keeps what the plans of one function share because it does not depend on the shapes of the
// parameters: packed weights, folded constants, tables. Items are found by keys that say what they are made of.
package share

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/tf2ng/tf2ng/core"
)

// Store keeps what the plans of one Prepared share: packed weights, and constants folded from those of the model. An
// item is made once, by the first plan that needs it, and dropped with the last plan that uses it.
type Store struct {
	// The function's constants and ops. Their addresses identify them as long as the function lives.
	own map[*core.Tensor]bool
	ops map[core.Op]bool

	mu    sync.Mutex
	items map[string]*item
	bytes int64 // the total size of all items
}

// item is one thing that a Store keeps.
type item struct {
	key   string
	once  sync.Once
	value any
	err   error
	bytes int64
	plans int // how many plans use it
}

// New returns an empty store for the plans of f, which must not be changed afterwards.
func New(f *core.Function) *Store {
	s := &Store{own: map[*core.Tensor]bool{}, ops: map[core.Op]bool{}, items: map[string]*item{}}
	s.add(f)
	return s
}

// add records the constants and ops of a function and of the functions that it calls.
func (s *Store) add(f *core.Function) {
	for _, n := range f.Nodes() {
		s.ops[n.Op()] = true
		if c, ok := n.Op().(*core.Constant); ok {
			s.own[c.Value] = true
		}
		if c, ok := n.Op().(core.Caller); ok {
			for _, g := range c.Functions() {
				s.add(g)
			}
		}
	}
}

// Size returns the total size of all items in bytes.
func (s *Store) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// Lease is the set of items that one plan uses.
type Lease struct {
	store      *Store
	items      map[*item]bool
	canonicals map[*core.Tensor]*core.Tensor // for the tensors that this plan has asked about
	released   []func()                      // called by Release
}

// Lease returns an empty Lease for a new plan.
func (s *Store) Lease() *Lease {
	return &Lease{store: s, items: map[*item]bool{}, canonicals: map[*core.Tensor]*core.Tensor{}}
}

// Store returns the store whose items these are.
func (l *Lease) Store() *Store { return l.store }

// OnRelease has Release call f, too.
func (l *Lease) OnRelease(f func()) { l.released = append(l.released, f) }

// Release ends the plan's use of its items.
func (l *Lease) Release() {
	for _, f := range l.released {
		f()
	}
	s := l.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range l.items {
		if i.plans--; i.plans == 0 {
			delete(s.items, i.key)
			s.bytes -= i.bytes
		}
	}
	l.items = nil
}

// item returns the item of a key and adds it to the lease.
func (l *Lease) item(key string) *item {
	s := l.store
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.items[key]
	if i == nil {
		i = &item{key: key}
		s.items[key] = i
	}
	if !l.items[i] {
		l.items[i] = true
		i.plans++
	}
	return i
}

// Kept returns the item of a key. produce makes the item and returns it with its size in bytes; it is called once for
// all plans.
func Kept[T any](l *Lease, key string, produce func() (T, int64, error)) (T, error) {
	i := l.item(key)
	i.once.Do(func() {
		i.err = fmt.Errorf("internal error, please report: what is kept for all plans was not made")
		value, bytes, err := produce()
		i.value, i.err = value, err
		l.store.mu.Lock()
		defer l.store.mu.Unlock()
		i.bytes = bytes
		l.store.bytes += bytes
	})
	value, _ := i.value.(T)
	return value, i.err
}

// Canonical returns the one tensor that stands for all constants equal to t.
func (l *Lease) Canonical(t *core.Tensor) *core.Tensor {
	if l.store.own[t] {
		return t
	}
	if c, ok := l.canonicals[t]; ok {
		return c
	}
	k := NewKey("constant").Text(t.Fact().String())
	if t.Type() == core.String {
		k.Text(fmt.Sprintf("%q", t.Strings()))
	} else {
		k.content(t.Bytes())
	}
	c, err := Kept(l, k.String(), func() (*core.Tensor, int64, error) { return t, int64(len(t.Bytes())), nil })
	if err != nil {
		return t
	}
	l.canonicals[t], l.canonicals[c] = c, c
	return c
}

// Evaluate runs an op's reference on constants, once for all plans.
func (l *Lease) Evaluate(op core.Op, in []*core.Tensor) ([]*core.Tensor, error) {
	if !l.store.ops[op] { // a pass made it
		return l.EvaluateAlike(op, in)
	}
	// The name too: ops without attributes may share an address.
	k := NewKey("op").Text(core.OpName(op)).Numbers(int(reflect.ValueOf(op).Pointer()))
	return l.evaluate(k, op, in)
}

// EvaluateAlike is Evaluate, once for all ops whose attributes are equal to the last bit.
func (l *Lease) EvaluateAlike(op core.Op, in []*core.Tensor) ([]*core.Tensor, error) {
	return l.evaluate(NewKey("alike").Text(core.OpName(op)).Text(fmt.Sprintf("%#v", op)), op, in)
}

// evaluate runs an op's reference on constants, once for the key, to which it appends the constants.
func (l *Lease) evaluate(k *Key, op core.Op, in []*core.Tensor) ([]*core.Tensor, error) {
	args := make([]*core.Tensor, len(in))
	for i, t := range in {
		args[i] = l.Canonical(t)
		k.Tensor(args[i])
	}
	out, err := Kept(l, k.String(), func() ([]*core.Tensor, int64, error) {
		out, err := core.EvalOp(op, args)
		if err != nil {
			return nil, 0, err
		}
		bytes := int64(0)
		for _, t := range out {
			bytes += int64(len(t.Bytes()))
		}
		return out, bytes, nil
	})
	for _, t := range out {
		l.canonicals[t] = t
	}
	return out, err
}
