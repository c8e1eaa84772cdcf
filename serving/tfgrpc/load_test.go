package tfgrpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

// loadRequests is how many requests TestLoad sends, unless TF2NG_LOAD says.
const loadRequests = 20_000

// swaps is how often TestLoad publishes a version.
const swaps = 10

// load is a run of TestLoad. Version n of the model computes x + n, so that an answer tells whether
// it is right for the version that it names.
type load struct {
	t       *testing.T
	base    string
	clients []*client
	rest    *httptest.Server
	total   int64

	sent, answered, cancelled, refused, wrong atomic.Int64
	versions                                  sync.Map
}

// Under load, with batching on, versions swapped and clients killed, no answer is wrong and none is
// lost; no goroutine and no memory is left.
func TestLoad(t *testing.T) {
	l := &load{t: t, base: t.TempDir(), total: loadRequests}
	if n, err := strconv.ParseInt(os.Getenv("TF2NG_LOAD"), 10, 64); err == nil {
		l.total = n
	}
	goroutines := runtime.NumGoroutine()
	servingtest.Linear(t, l.base, 1, vector(), 1, 1)
	t.Run("requests", l.run)
	assert.Equal(t, l.total, l.answered.Load()+l.cancelled.Load()+l.refused.Load(), "no request is lost")
	assert.Zero(t, l.wrong.Load(), "wrong answers")
	seen := 0
	l.versions.Range(func(any, any) bool { seen++; return true })
	assert.Equal(t, swaps+1, seen, "versions that answered")
	t.Logf("%d requests: %d answered, %d cancelled by their clients, %d refused for what they were", l.total,
		l.answered.Load(), l.cancelled.Load(), l.refused.Load())
	http.DefaultClient.CloseIdleConnections()
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+2 }, 10*time.Second,
		20*time.Millisecond, "goroutines are left: %d before", goroutines)
}

func vector() tf2ng.Shape { return tf2ng.Shape{tf2ng.Unknown} }

func (l *load) run(t *testing.T) {
	m := servingtest.Start(t, serving.Options{
		Poll: 5 * time.Millisecond,
		Batching: &serving.Batching{
			MaxBatchSize: 32, BatchTimeout: 200 * time.Microsecond, MaxEnqueuedBatches: 1 << 20,
			AllowedBatchSizes: []int{1, 4, 16, 32},
		},
	}, serving.ModelConfig{Name: "m", BasePath: l.base})
	for range 4 {
		l.clients = append(l.clients, dial(t, m))
	}
	l.rest = httptest.NewServer(m.Handler(serving.RESTOptions{}))
	t.Cleanup(l.rest.Close)
	var early uint64
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(13, uint64(worker)))
			for n := l.sent.Add(1); n <= l.total; n = l.sent.Add(1) {
				l.ask(r, n)
			}
		})
	}
	for n := int64(2); n <= swaps+1; n++ {
		l.await((n - 1) * l.total / (swaps + 2))
		servingtest.Linear(t, l.base, n, vector(), 1, float32(n))
		l.awaitVersion(n)
		_ = os.RemoveAll(filepath.Join(l.base, strconv.FormatInt(n-1, 10)))
		if n == 4 {
			early = heap()
		}
	}
	all.Wait()
	late := heap()
	t.Logf("the heap has %d KiB after 3 swaps and %d KiB after %d", early>>10, late>>10, swaps)
	assert.Less(t, late, early+8<<20, "memory grows")
}

// await waits until so many requests have been sent.
func (l *load) await(n int64) {
	for l.sent.Load() < n {
		time.Sleep(time.Millisecond)
	}
}

// awaitVersion waits until a version has answered.
func (l *load) awaitVersion(n int64) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && l.sent.Load() < l.total; {
		if _, ok := l.versions.Load(n); ok {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// heap returns the bytes of live objects.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// ask sends a request: most are fine, some are given up by their client, some are wrong.
func (l *load) ask(r *rand.Rand, n int64) {
	ctx := context.Background()
	kind := r.IntN(100)
	if kind < 5 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(800))*time.Microsecond)
		defer cancel()
	}
	x := make([]float32, 1+r.IntN(12)*r.IntN(6)) // some have more rows than a batch
	for i := range x {
		x[i] = float32(r.IntN(1 << 20))
	}
	version, y, err := int64(0), []float32(nil), error(nil)
	if r.IntN(4) == 0 {
		version, y, err = l.askREST(ctx, x, kind == 99)
	} else {
		version, y, err = l.askGRPC(ctx, l.clients[r.IntN(len(l.clients))], x, kind == 99)
	}
	switch {
	case err != nil && kind == 99:
		l.refused.Add(1)
	case err != nil && kind < 5: // the server may have told first that the time is over
		l.cancelled.Add(1)
	case err != nil:
		l.t.Errorf("request %d: %v", n, err)
	case kind == 99 || !sums(x, y, version):
		l.wrong.Add(1)
		l.t.Errorf("request %d: version %d makes %v of %v", n, version, y, x)
	default:
		l.versions.Store(version, true)
		l.answered.Add(1)
	}
}

// sums reports whether y is what a version makes of x.
func sums(x, y []float32, version int64) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if y[i] != x[i]+float32(version) {
			return false
		}
	}
	return true
}

func (l *load) askGRPC(ctx context.Context, c *client, x []float32, bad bool) (int64, []float32, error) {
	p := floats([]int64{int64(len(x))}, x...)
	if bad {
		p.Dtype = types_go_proto.DataType_DT_INT64
	}
	r, err := c.predict.Predict(ctx, &apis_go_proto.PredictRequest{ModelSpec: spec("m"), Inputs: inputs{"x": p}})
	if err != nil {
		if code := status.Code(err); bad && code != codes.InvalidArgument {
			l.t.Errorf("a wrong request: %v", err)
		}
		return 0, nil, err
	}
	return r.GetModelSpec().GetVersion().GetValue(), r.GetOutputs()["y"].GetFloatVal(), nil
}

// askREST asks for the newest version: the answer does not name it, but tells it.
func (l *load) askREST(ctx context.Context, x []float32, bad bool) (int64, []float32, error) {
	body, err := json.Marshal(map[string]any{"instances": x})
	if bad {
		body = body[:len(body)-2]
	}
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.rest.URL+"/v1/models/m:predict", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, nil, fmt.Errorf("status %d: %s", answer.StatusCode, text)
	}
	var got struct{ Predictions []float32 }
	if err := json.Unmarshal(text, &got); err != nil || len(got.Predictions) == 0 {
		return 0, nil, fmt.Errorf("%w: %s", err, text)
	}
	version := int64(got.Predictions[0] - x[0])
	if version < 1 || version > swaps+1 {
		version = -1
	}
	return version, got.Predictions, nil
}
