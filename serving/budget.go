package serving

import (
	"sync"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// budget bounds what the requests under way take.
type budget struct {
	maxRequests int
	maxBytes    int64

	mu       sync.Mutex
	requests int
	bytes    int64
}

// Lease is a part of a Manager's budget, which a front end holds for a request: for its messages
// and the tensors that it makes of them. It is for one goroutine.
type Lease struct {
	budget *budget
	bytes  int64
}

// Begin counts a request in. It is an *Error of code RESOURCE_EXHAUSTED if Options.MaxRequests are
// under way.
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

// Take adds bytes to the lease. It is an *Error of code RESOURCE_EXHAUSTED if the requests under way
// would then have more than Options.MaxBytes.
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

// End gives all back. It may be called again, which does nothing.
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
