package serving_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

// recorder is a model y = 2x that notes the rows of its Runs, and may be held up.
type recorder struct {
	mu    sync.Mutex
	rows  []int
	begun chan struct{} // gets a value when a Run begins; nil: nobody waits
	gate  chan struct{} // a Run ends when it gets a value; nil: at once
	fail  func(x []float32) error
	wrong bool // the outputs have one row
}

func (r *recorder) servable(shape tf2ng.Shape) *serving.Servable {
	port := func(alias string) []serving.Port {
		return []serving.Port{{Alias: alias, Name: alias + ":0", Type: tf2ng.F32, Shape: shape}}
	}
	return &serving.Servable{Signatures: map[string]*serving.Signature{serving.DefaultSignature: {
		Method: serving.PredictMethod, Inputs: port("x"), Outputs: port("y"), Run: r.run,
	}}}
}

func (r *recorder) run(ctx context.Context, in map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error) {
	x := in["x"]
	r.mu.Lock()
	r.rows = append(r.rows, x.Shape()[0])
	r.mu.Unlock()
	if r.begun != nil {
		r.begun <- struct{}{}
	}
	if r.gate != nil {
		select {
		case <-r.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if r.fail != nil {
		if err := r.fail(x.Float32s()); err != nil {
			return nil, err
		}
	}
	y := slices.Clone(x.Float32s())
	for i := range y {
		y[i] *= 2
	}
	shape := x.Shape()
	if r.wrong {
		shape, y = tf2ng.Shape{1}, y[:1]
	}
	t, err := tf2ng.TensorOf(shape, y)
	return map[string]*tf2ng.Tensor{"y": t}, err
}

func (r *recorder) start(t *testing.T, b serving.Batching) *serving.Manager {
	return servingtest.Start(t, serving.Options{
		Source: servingtest.Servables{"m": r.servable(vector)}, Batching: &b, NoWarmup: true,
	}, serving.ModelConfig{Name: "m", BasePath: "m"})
}

// together sends requests of rows at once, and checks each answer.
func together(t *testing.T, m *serving.Manager, requests ...int) {
	t.Helper()
	var all sync.WaitGroup
	errs := make(chan error, len(requests))
	for i, rows := range requests {
		all.Go(func() { errs <- doubles(m, i, rows) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		assert.NoError(t, err)
	}
}

func doubles(m *serving.Manager, seed, rows int) error {
	x := make([]float32, rows)
	want := make([]float32, rows)
	for i := range x {
		x[i] = float32(1000*seed + i)
		want[i] = 2 * x[i]
	}
	_, y, err := predict(m, serving.Spec{Model: "m"}, x...)
	if err == nil && !slices.Equal(y, want) {
		err = fmt.Errorf("got %v of %v", y, x)
	}
	return err
}

func TestRequestsShareABatch(t *testing.T) {
	r := &recorder{}
	m := r.start(t, serving.Batching{MaxBatchSize: 6, BatchTimeout: time.Hour, NumBatchThreads: 1})
	together(t, m, 1, 2, 3) // complete, and so without waiting
	assert.Equal(t, []int{6}, r.rows)
}

func TestABatchStartsAtTheTimeout(t *testing.T) {
	r := &recorder{}
	m := r.start(t, serving.Batching{MaxBatchSize: 100, BatchTimeout: 30 * time.Millisecond, NumBatchThreads: 1})
	together(t, m, 4, 5)
	total := 0
	for _, n := range r.rows {
		total += n
	}
	assert.Equal(t, 9, total)
}

func TestBatchesAreFilledUp(t *testing.T) {
	r := &recorder{}
	m := r.start(t, serving.Batching{MaxBatchSize: 8, NumBatchThreads: 1, AllowedBatchSizes: []int{2, 4, 8}})
	for _, rows := range []int{1, 2, 3, 4, 5, 8} {
		together(t, m, rows)
	}
	assert.Equal(t, []int{2, 2, 4, 4, 8, 8}, r.rows)
}

func TestALargeRequestIsSplit(t *testing.T) {
	r := &recorder{}
	m := r.start(t, serving.Batching{MaxBatchSize: 4, NumBatchThreads: 1})
	together(t, m, 11)
	assert.Equal(t, []int{4, 4, 3}, r.rows)
	m = r.start(t, serving.Batching{MaxBatchSize: 4, NumBatchThreads: 1, NoLargeBatchSplitting: true})
	err := doubles(m, 0, 11)
	assert.EqualError(t, err, "Task size 11 is larger than maximum input batch size 4")
	assert.Equal(t, serving.InvalidArgument, serving.CodeOf(err))
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	r := &recorder{begun: make(chan struct{}), gate: make(chan struct{})}
	m := r.start(t, serving.Batching{MaxBatchSize: 1, MaxEnqueuedBatches: 2, NumBatchThreads: 1})
	answers := make(chan error)
	ask := func() { answers <- doubles(m, 1, 1) }
	go ask()
	<-r.begun // the thread is busy
	for range 5 {
		go ask()
	}
	for range 3 { // two wait
		err := <-answers
		assert.ErrorContains(t, err, "The batch scheduling queue to which this task was submitted is full")
		assert.Equal(t, serving.Unavailable, serving.CodeOf(err))
		assert.Equal(t, 503, serving.CodeOf(err).HTTP())
	}
	r.gate <- struct{}{}
	require.NoError(t, <-answers)
	for range 2 {
		<-r.begun
		r.gate <- struct{}{}
		require.NoError(t, <-answers)
	}
}

func TestACancelledRequestLeavesItsQueue(t *testing.T) {
	r := &recorder{begun: make(chan struct{}, 10), gate: make(chan struct{}, 10)}
	m := r.start(t, serving.Batching{MaxBatchSize: 1, MaxEnqueuedBatches: 2, NumBatchThreads: 1})
	first := make(chan error)
	go func() { first <- doubles(m, 1, 1) }()
	<-r.begun
	for range 20 { // many more than the queue holds, one after the other
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		x, err := tf2ng.TensorOf(tf2ng.Shape{1}, []float32{1})
		require.NoError(t, err)
		_, err = m.Predict(ctx, serving.Request{
			Spec: serving.Spec{Model: "m"}, Inputs: map[string]*tf2ng.Tensor{"x": x},
		})
		cancel()
		assert.Equal(t, serving.DeadlineExceeded, serving.CodeOf(err), err)
	}
	r.gate <- struct{}{}
	require.NoError(t, <-first)
	assert.Equal(t, []int{1}, r.rows)
}

// A Run that fails for the sake of one request fails that one alone.
func TestABadRequestFailsAlone(t *testing.T) {
	r := &recorder{fail: func(x []float32) error {
		if slices.Contains(x, 1000) {
			return errors.New("the value 1000")
		}
		return nil
	}}
	m := r.start(t, serving.Batching{MaxBatchSize: 3, BatchTimeout: time.Hour, NumBatchThreads: 1})
	var all sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		all.Go(func() { errs[i] = doubles(m, i, 1) })
	}
	all.Wait()
	require.NoError(t, errs[0])
	assert.ErrorContains(t, errs[1], "the value 1000")
	require.NoError(t, errs[2])
	assert.Equal(t, []int{3, 1, 1, 1}, r.rows)
}

// What has no row for each row of the inputs cannot be split: such requests run alone.
func TestOutputsWithoutRowsAreNotBatched(t *testing.T) {
	r := &recorder{wrong: true}
	m := r.start(t, serving.Batching{MaxBatchSize: 4, BatchTimeout: time.Hour, NumBatchThreads: 1})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			_, y, err := predict(m, serving.Spec{Model: "m"}, 1, 5)
			assert.NoError(t, err)
			assert.Equal(t, []float32{2}, y)
		})
	}
	all.Wait()
	_, y, err := predict(m, serving.Spec{Model: "m"}, 7, 8)
	require.NoError(t, err)
	assert.Equal(t, []float32{14}, y)
	assert.Equal(t, []int{4, 2, 2, 2}, r.rows)
}

func TestInputsOfUnequalLengthsArePadded(t *testing.T) {
	r := &recorder{}
	m := servingtest.Start(t, serving.Options{
		Source: servingtest.Servables{"m": r.servable(tf2ng.Shape{tf2ng.Unknown, tf2ng.Unknown})},
		Batching: &serving.Batching{
			MaxBatchSize: 2, BatchTimeout: time.Hour, NumBatchThreads: 1, PadVariableLengthInputs: true,
		},
		NoWarmup: true,
	}, serving.ModelConfig{Name: "m", BasePath: "m"})
	var all sync.WaitGroup
	for _, test := range []struct{ x, want []float32 }{
		{[]float32{1, 2, 3}, []float32{2, 4, 6}},
		{[]float32{5}, []float32{10, 10, 10}}, // filled up with its first element, as TensorFlow Serving does
	} {
		all.Go(func() {
			x, err := tf2ng.TensorOf(tf2ng.Shape{1, len(test.x)}, test.x)
			assert.NoError(t, err)
			p, err := m.Predict(context.Background(), serving.Request{
				Spec: serving.Spec{Model: "m"}, Inputs: map[string]*tf2ng.Tensor{"x": x},
			})
			if assert.NoError(t, err) {
				assert.Equal(t, test.want, p.Outputs["y"].Float32s())
			}
		})
	}
	all.Wait()
	assert.Equal(t, []int{2}, r.rows)
}
