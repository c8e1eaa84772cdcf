package serving

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// batcher gathers the rows of requests for one version into batches. Requests share a batch if they are
// for the same signature and their inputs have the same shapes apart from the first dimension. A batch
// starts when it is full or has waited for BatchTimeout, and a thread is free.
type batcher struct {
	manager *Manager
	model   string
	p       Batching
	workers sync.WaitGroup

	mu     sync.Mutex
	wake   *sync.Cond // signalled when a batch may be due or the batcher is closed
	queues map[string]*queue
	alone  map[*Signature]bool // signatures that cannot be batched: outputs lack a row for each row of the inputs
	closed bool
}

// queue holds the waiting batches of one signature and shape, oldest first. Tasks are added to the last
// batch only.
type queue struct {
	key     string
	s       *Signature
	batches []*batch
}

type batch struct {
	queue *queue
	tasks []*task
	rows  int
	begun time.Time
}

// task is a request, or a part of a request that has more rows than fit in a batch.
type task struct {
	ctx   context.Context
	in    map[string]*tf2ng.Tensor
	rows  int
	begun time.Time
	batch *batch        // the batch in a queue that holds the task; nil once it starts; guarded by batcher.mu
	done  chan struct{} // closed when out and err are set
	out   map[string]*tf2ng.Tensor
	err   error
}

func newBatcher(m *Manager, model string, p Batching) *batcher {
	b := &batcher{manager: m, model: model, p: p, queues: map[string]*queue{}, alone: map[*Signature]bool{}}
	b.wake = sync.NewCond(&b.mu)
	for range p.NumBatchThreads {
		b.workers.Go(b.work)
	}
	return b
}

// close ends the threads. It is called when no request is in flight any more.
func (b *batcher) close() {
	b.mu.Lock()
	b.closed = true
	b.wake.Broadcast()
	b.mu.Unlock()
	b.workers.Wait()
}

// run computes the outputs of one request, in a batch with others if its signature allows that.
func (b *batcher) run(ctx context.Context, s *Signature, in map[string]*tf2ng.Tensor) (
	map[string]*tf2ng.Tensor, error,
) {
	rows, ok := rowsOf(s, in)
	if !ok || b.isAlone(s) {
		return b.manager.run(ctx, b.model, s, in)
	}
	if rows <= b.p.MaxBatchSize {
		t, err := b.add(ctx, s, in, rows)
		if err != nil {
			return nil, err
		}
		return b.wait(t)
	}
	if b.p.NoLargeBatchSplitting {
		return nil, fault.New(fault.TaskSize, rows, b.p.MaxBatchSize)
	}
	return b.runSplit(ctx, s, in, rows)
}

// runSplit computes a request that has more rows than MaxBatchSize, in parts.
func (b *batcher) runSplit(ctx context.Context, s *Signature, in map[string]*tf2ng.Tensor, rows int) (
	map[string]*tf2ng.Tensor, error,
) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var tasks []*task
	var failure error
	for first := 0; first < rows && failure == nil; first += b.p.MaxBatchSize {
		last := min(first+b.p.MaxBatchSize, rows)
		part, err := slice(in, first, last)
		if err == nil {
			var t *task
			if t, err = b.add(ctx, s, part, last-first); err == nil {
				tasks = append(tasks, t)
			}
		}
		failure = err
	}
	if failure != nil {
		cancel()
	}
	var parts []map[string]*tf2ng.Tensor
	for _, t := range tasks {
		out, err := b.wait(t)
		if err != nil && failure == nil {
			failure = err
			cancel()
		}
		parts = append(parts, out)
	}
	if failure != nil {
		return nil, failure
	}
	if b.isAlone(s) { // the outputs of the parts cannot be joined
		return b.manager.run(ctx, b.model, s, in)
	}
	return join(parts, nil)
}

func (b *batcher) isAlone(s *Signature) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.alone[s]
}

// rowsOf returns how many rows each of the inputs has. It is not ok if they differ in that, or if the
// signature fixes the number of rows.
func rowsOf(s *Signature, in map[string]*tf2ng.Tensor) (rows int, ok bool) {
	rows = -1
	for _, p := range s.Inputs {
		shape := in[p.Alias].Shape()
		if len(shape) == 0 || rows >= 0 && shape[0] != rows || p.Shape.Ranked() && p.Shape[0] != tf2ng.Unknown {
			return 0, false
		}
		rows = shape[0]
	}
	return rows, rows > 0
}

// add puts a task into the last batch of its queue, or into a new one.
func (b *batcher) add(ctx context.Context, s *Signature, in map[string]*tf2ng.Tensor, rows int) (*task, error) {
	t := &task{ctx: ctx, in: in, rows: rows, begun: time.Now(), done: make(chan struct{})}
	key := b.key(s, in)
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[key]
	if q == nil {
		q = &queue{key: key, s: s}
		b.queues[key] = q
	}
	last := len(q.batches) - 1
	if last < 0 || q.batches[last].rows+rows > b.p.MaxBatchSize {
		if len(q.batches) >= b.p.MaxEnqueuedBatches {
			return nil, fault.New(fault.QueueFull, len(q.batches), b.p.MaxEnqueuedBatches)
		}
		q.batches = append(q.batches, &batch{queue: q, begun: t.begun})
		last++
		b.wake.Signal() // the batch before it gets no more rows, so it is due
		time.AfterFunc(b.p.BatchTimeout, func() {
			b.mu.Lock() // without it, a signal between a worker's due and its Wait would be lost
			defer b.mu.Unlock()
			b.wake.Signal()
		})
	}
	t.batch = q.batches[last]
	t.batch.tasks = append(t.batch.tasks, t)
	if t.batch.rows += rows; t.batch.rows == b.p.MaxBatchSize {
		b.wake.Signal()
	}
	return t, nil
}

// key returns a text that is equal for requests that may share a batch.
func (b *batcher) key(s *Signature, in map[string]*tf2ng.Tensor) string {
	var k strings.Builder
	fmt.Fprintf(&k, "%p", s)
	for _, p := range s.Inputs {
		t := in[p.Alias]
		if b.p.PadVariableLengthInputs {
			fmt.Fprintf(&k, " %d %d", t.Type(), len(t.Shape()))
		} else {
			fmt.Fprintf(&k, " %d %v", t.Type(), t.Shape()[1:])
		}
	}
	return k.String()
}

// wait returns the result of a task. A task that is cancelled leaves its queue. If its batch has already
// started, wait returns only when the batch has ended, since the inputs are read until then.
func (b *batcher) wait(t *task) (map[string]*tf2ng.Tensor, error) {
	select {
	case <-t.done:
		return t.out, t.err
	case <-t.ctx.Done():
	}
	if !b.remove(t) {
		<-t.done
	}
	return nil, stopped(t.ctx)
}

// remove takes a task out of its queue. It returns false if the task's batch has started.
func (b *batcher) remove(t *task) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := t.batch
	if from == nil {
		return false
	}
	t.batch = nil
	from.rows -= t.rows
	from.tasks = without(from.tasks, t)
	if len(from.tasks) == 0 {
		b.drop(from)
	}
	return true
}

// drop takes a batch out of its queue.
func (b *batcher) drop(x *batch) {
	q := x.queue
	q.batches = without(q.batches, x)
	if len(q.batches) == 0 {
		delete(b.queues, q.key)
	}
}

// without returns a list without the first element that equals one.
func without[T comparable](list []T, one T) []T {
	for i, x := range list {
		if x == one {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}

// work runs batches until the batcher is closed.
func (b *batcher) work() {
	for {
		x := b.next()
		if x == nil {
			return
		}
		b.process(x)
	}
}

// next waits for a batch that is due and takes it out of its queue. It returns nil once the batcher is
// closed and no batch is due.
func (b *batcher) next() *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if x := b.due(); x != nil {
			b.drop(x)
			for _, t := range x.tasks {
				t.batch = nil
			}
			return x
		}
		if b.closed {
			return nil
		}
		b.wake.Wait()
	}
}

// due returns the oldest batch that is complete or has waited for BatchTimeout; nil if there is none. A
// batch is complete if it is full or another one is behind it in its queue.
func (b *batcher) due() *batch {
	var oldest *batch
	for _, q := range b.queues {
		x := q.batches[0]
		complete := len(q.batches) > 1 || x.rows >= b.p.MaxBatchSize
		if !complete && time.Since(x.begun) < b.p.BatchTimeout {
			continue
		}
		if oldest == nil || x.begun.Before(oldest.begun) {
			oldest = x
		}
	}
	return oldest
}

// process computes a batch. If it fails, each task is computed alone, so that a bad request does not make
// the others fail.
func (b *batcher) process(x *batch) {
	live := make([]*task, 0, len(x.tasks))
	for _, t := range x.tasks {
		b.manager.metrics.queued(b.model, time.Since(t.begun))
		if t.ctx.Err() != nil {
			t.finish(nil, stopped(t.ctx))
			continue
		}
		live = append(live, t)
	}
	if len(live) == 0 || b.together(x.queue.s, live) {
		return
	}
	for _, t := range live {
		t.finish(b.manager.run(t.ctx, b.model, x.queue.s, t.in))
	}
}

func (t *task) finish(out map[string]*tf2ng.Tensor, err error) {
	t.out, t.err = out, err
	close(t.done)
}

// together computes tasks in one Run. It returns false if that did not work: then no task is finished, and
// each is to be run alone.
func (b *batcher) together(s *Signature, tasks []*task) bool {
	parts := make([]map[string]*tf2ng.Tensor, len(tasks))
	rows := 0
	for i, t := range tasks {
		parts[i] = t.in
		rows += t.rows
	}
	size := b.allowed(rows)
	b.manager.metrics.batched(b.model, rows, size)
	if len(tasks) == 1 && size == rows {
		return false
	}
	in, err := join(parts, &joining{rows: size, pad: b.p.PadVariableLengthInputs})
	if err != nil {
		return false
	}
	ctx, stop := anyOf(tasks)
	defer stop()
	out, err := b.manager.run(ctx, b.model, s, in)
	if err != nil {
		return false
	}
	if !haveRows(out, size) {
		b.mu.Lock()
		b.alone[s] = true
		b.mu.Unlock()
		return false
	}
	results := make([]map[string]*tf2ng.Tensor, len(tasks))
	first := 0
	for i, t := range tasks {
		if results[i], err = slice(out, first, first+t.rows); err != nil {
			return false
		}
		first += t.rows
	}
	for i, t := range tasks {
		t.finish(results[i], nil)
	}
	return true
}

// allowed returns the size to which a batch of so many rows is padded: the next allowed batch size.
func (b *batcher) allowed(rows int) int {
	for _, size := range b.p.AllowedBatchSizes {
		if size >= rows {
			return size
		}
	}
	return rows
}

// anyOf returns a context that is done once the contexts of all tasks are: it lasts while any task is still
// wanted.
func anyOf(tasks []*task) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	left := len(tasks)
	stops := make([]func() bool, len(tasks))
	for i, t := range tasks {
		stops[i] = context.AfterFunc(t.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
