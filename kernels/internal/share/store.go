// Package share keeps what the plans of one function share whatever the shapes of its
// parameters: packed weights, folded constants, tables. Keys say what they are made of.
package share

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/tf2ng/tf2ng/core"
)

// Store keeps what the plans of one Prepared share: packed weights, and constants that
// were folded from the model's. A thing is made once, by the first plan that needs it, and
// dropped with the last one.
type Store struct {
	// The function's constants and ops. Their addresses tell them apart as long as it lives.
	own map[*core.Tensor]bool
	ops map[core.Op]bool

	mu    sync.Mutex
	items map[string]*item
	bytes int64 // of all items
}

// item is one thing that is kept.
type item struct {
	key   string
	once  sync.Once
	value any
	err   error
	bytes int64
	plans int // that use it
}

// New returns an empty store for the plans of f, which must not change any more.
func New(f *core.Function) *Store {
	s := &Store{own: map[*core.Tensor]bool{}, ops: map[core.Op]bool{}, items: map[string]*item{}}
	s.add(f)
	return s
}

// add notes the constants and ops of a function and of those that it calls.
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

// Size returns the bytes of what is kept.
func (s *Store) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// Lease is what one plan uses of the store.
type Lease struct {
	store      *Store
	items      map[*item]bool
	canonicals map[*core.Tensor]*core.Tensor // of the tensors that this plan has met
}

// Lease returns what a new plan uses of the store: nothing yet.
func (s *Store) Lease() *Lease {
	return &Lease{store: s, items: map[*item]bool{}, canonicals: map[*core.Tensor]*core.Tensor{}}
}

// Release gives up what the plan uses.
func (l *Lease) Release() {
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

// item returns the item of a key, which from now on the plan uses.
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

// Kept returns what is kept under a key: what makes it, and how many bytes that takes, comes
// from produce, which is called once for all plans.
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
	k := NewKey("op").Text(core.OpName(op)) // ops without attributes may share their address
	if l.store.ops[op] {
		k.Numbers(int(reflect.ValueOf(op).Pointer()))
	} else { // of a pass: all attributes, to the last bit
		k.Text(fmt.Sprintf("%#v", op))
	}
	args := make([]*core.Tensor, len(in))
	for i, t := range in {
		args[i] = l.Canonical(t)
		k.Tensor(args[i])
	}
	out, err := Kept(l, k.String(), func() ([]*core.Tensor, int64, error) {
		out, err := core.EvalOp(op, args)
		bytes := int64(0)
		for _, t := range out {
			bytes += int64(len(t.Bytes()))
		}
		return out, bytes, err
	})
	for _, t := range out {
		l.canonicals[t] = t
	}
	return out, err
}
