package share

import (
	"slices"
	"sync"

	"github.com/tf2ng/tf2ng/core"
)

// Cache holds what is made of a function for the shapes of its parameters. It keeps the most recently used, within
// bounds. Its methods may be called by any number of goroutines at the same time.
type Cache[T any] struct {
	store  *Store
	make   func(keep *Lease, shapes []core.Shape) (T, error)
	bytes  func(T) int64
	bounds Bounds

	mu      sync.Mutex
	entries []*entry[T] // the most recently used first
	closed  bool
}

// Bounds are how many values a Cache keeps, and how many bytes they may hold. One value is kept in any case.
type Bounds struct {
	Most  int
	Bytes int64
}

// entry is a value, or the error that there was when it was made.
type entry[T any] struct {
	shapes []core.Shape
	once   sync.Once

	// Set by once, while mu of the Cache is held.
	made    bool
	value   T
	err     error
	keep    *Lease
	dropped bool
}

// NewCache returns a Cache of values that make makes, each with a lease of its own on the store; bytes returns how many
// bytes a value holds. make may panic: that is an error.
func NewCache[T any](
	s *Store, b Bounds, make func(keep *Lease, shapes []core.Shape) (T, error), bytes func(T) int64,
) *Cache[T] {
	return &Cache[T]{store: s, make: make, bytes: bytes, bounds: b}
}

// Of returns the value for the given shapes. It is made unless it is kept.
func (c *Cache[T]) Of(shapes []core.Shape) (T, error) {
	e := c.lookup(shapes)
	e.once.Do(func() {
		keep := c.store.Lease()
		value, err := c.makeSafely(keep, e.shapes)
		c.mu.Lock()
		defer c.mu.Unlock()
		e.value, e.err, e.keep, e.made = value, err, keep, err == nil
		if e.dropped || c.closed {
			keep.Release()
		}
		c.evict()
	})
	return e.value, e.err
}

// makeSafely is make, but returns an *core.InternalError where that panics.
func (c *Cache[T]) makeSafely(keep *Lease, shapes []core.Shape) (_ T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = core.Recovered(nil, v)
		}
	}()
	return c.make(keep, shapes)
}

// lookup returns the entry for the shapes, adding one if there is none, and moves it to the front.
func (c *Cache[T]) lookup(shapes []core.Shape) *entry[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.entries, func(e *entry[T]) bool {
		return slices.EqualFunc(e.shapes, shapes, core.Shape.Equal)
	})
	if i < 0 {
		e := &entry[T]{shapes: make([]core.Shape, len(shapes))}
		for j, s := range shapes {
			e.shapes[j] = s.Clone()
		}
		c.entries = append(c.entries, e)
		i = len(c.entries) - 1
	}
	e := c.entries[i]
	copy(c.entries[1:i+1], c.entries[:i])
	c.entries[0] = e
	return e
}

// evict drops the least recently used values until the others are within the bounds. The caller holds mu.
func (c *Cache[T]) evict() {
	bytes, n := int64(0), 0
	for n < len(c.entries) {
		if e := c.entries[n]; e.made {
			bytes += c.bytes(e.value)
		}
		if n > 0 && (n >= c.bounds.Most || bytes > c.bounds.Bytes) {
			break
		}
		n++
	}
	c.drop(n)
}

// drop drops all entries but the first n. The caller holds mu.
func (c *Cache[T]) drop(n int) {
	for _, e := range c.entries[n:] {
		if e.dropped = true; e.keep != nil {
			e.keep.Release()
		}
	}
	clear(c.entries[n:])
	c.entries = c.entries[:n]
}

// Bytes returns how many bytes the kept values hold.
func (c *Cache[T]) Bytes() (sum int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.made {
			sum += c.bytes(e.value)
		}
	}
	return sum
}

// Close drops all values. What is made later keeps nothing in the store.
func (c *Cache[T]) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.drop(0)
}
