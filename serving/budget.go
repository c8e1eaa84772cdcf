package serving

import (
	"sync"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// budget bounds the number and the memory of the requests in flight.
type budget struct {
	maxRequests int
	maxBytes    int64

	mu       sync.Mutex
	requests int
	bytes    int64
}

// Lease is the part of a Manager's budget that a front end holds for one request: for its messages and
// the tensors that are made from them. It must not be used by several goroutines at once.
type Lease struct {
	budget *budget
	bytes  int64
}

// Begin counts a request as in flight until the Lease's End. If Options.MaxRequests are already in
// flight, it returns an *Error of code RESOURCE_EXHAUSTED.
func (m *Manager) Begin() (*Lease, error) {
	b := m.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.requests >= b.maxRequests {
		return nil, fault.New(fault.TooManyRequests, b.requests)
	}
	b.requests++
	return &Lease{budget: b}, nil
}

// Take adds bytes to the lease. If the requests in flight would then hold more than Options.MaxBytes, it
// adds nothing and returns an *Error of code RESOURCE_EXHAUSTED.
func (l *Lease) Take(bytes int64) error {
	b := l.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if bytes > b.maxBytes-b.bytes {
		return fault.New(fault.Memory, b.bytes, b.maxBytes, bytes)
	}
	b.bytes += bytes
	l.bytes += bytes
	return nil
}

// End returns the request and all bytes of the lease to the budget. Further calls do nothing.
func (l *Lease) End() {
	b := l.budget
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests--
	b.bytes -= l.bytes
	l.budget, l.bytes = nil, 0
}
