package serving_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

var vector = tf2ng.Shape{tf2ng.Unknown}

// predict returns what a model makes of values, and the version that did.
func predict(m *serving.Manager, s serving.Spec, values ...float32) (int64, []float32, error) {
	x, err := tf2ng.TensorOf(tf2ng.Shape{len(values)}, values)
	if err != nil {
		return 0, nil, err
	}
	r, err := m.Predict(context.Background(), serving.Request{Spec: s, Inputs: map[string]*tf2ng.Tensor{"x": x}})
	if err != nil {
		return 0, nil, err
	}
	return r.Version, r.Outputs["y"].Float32s(), nil
}

// newest returns the version that answers.
func newest(m *serving.Manager) int64 {
	n, _, err := predict(m, serving.Spec{Model: "m"}, 1)
	if err != nil {
		return -1
	}
	return n
}

func states(t *testing.T, m *serving.Manager) map[int64]string {
	list, err := m.Status(serving.Spec{Model: "m"})
	require.NoError(t, err)
	out := map[int64]string{}
	for _, v := range list {
		out[v.Version] = v.State.String()
	}
	return out
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, 5*time.Millisecond, what)
}

func TestPolicies(t *testing.T) {
	base := t.TempDir()
	for n := range int64(5) {
		servingtest.Linear(t, base, n+1, vector, 1, float32(n+1))
	}
	require.NoError(t, os.Mkdir(filepath.Join(base, "not-a-version"), 0o755))
	for _, test := range []struct {
		name   string
		policy serving.Policy
		want   map[int64]string
	}{
		{"the newest", serving.Policy{}, map[int64]string{5: "AVAILABLE"}},
		{"two", serving.Policy{Latest: 2}, map[int64]string{4: "AVAILABLE", 5: "AVAILABLE"}},
		{"more than there are", serving.Policy{Latest: 9}, map[int64]string{
			1: "AVAILABLE", 2: "AVAILABLE", 3: "AVAILABLE", 4: "AVAILABLE", 5: "AVAILABLE",
		}},
		{"specific", serving.Policy{Specific: []int64{2, 3}}, map[int64]string{2: "AVAILABLE", 3: "AVAILABLE"}},
		{"all", serving.Policy{All: true}, map[int64]string{
			1: "AVAILABLE", 2: "AVAILABLE", 3: "AVAILABLE", 4: "AVAILABLE", 5: "AVAILABLE",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "m", BasePath: base, Policy: test.policy})
			assert.Equal(t, test.want, states(t, m))
		})
	}
}

// A policy that changes loads and unloads while the others go on.
func TestReloadChangesThePolicy(t *testing.T) {
	base := t.TempDir()
	servingtest.Linear(t, base, 1, vector, 1, 1)
	servingtest.Linear(t, base, 2, vector, 1, 2)
	m := servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "m", BasePath: base})
	assert.Equal(t, int64(2), newest(m))
	next := serving.ModelConfig{Name: "m", BasePath: base, Policy: serving.Policy{Specific: []int64{1}}}
	require.NoError(t, m.Reload(t.Context(), serving.Config{Models: []serving.ModelConfig{next}}))
	next.Labels = map[string]int64{"old": 1} // which is for versions that are available, as in TensorFlow Serving
	require.NoError(t, m.Reload(t.Context(), serving.Config{Models: []serving.ModelConfig{next}}))
	assert.Equal(t, int64(1), newest(m))
	n, y, err := predict(m, serving.Spec{Model: "m", Label: "old"}, 10)
	require.NoError(t, err)
	assert.Equal(t, int64(1), n)
	assert.Equal(t, []float32{11}, y)
	eventually(t, "version 2 is unloaded", func() bool { return states(t, m)[2] == "END" })
}

func TestANewVersionTakesOver(t *testing.T) {
	base := t.TempDir()
	servingtest.Linear(t, base, 1, vector, 1, 1)
	m := servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "m", BasePath: base})
	assert.Equal(t, int64(1), newest(m))
	servingtest.Linear(t, base, 10, vector, 1, 10)
	eventually(t, "version 10 serves", func() bool { return newest(m) == 10 })
	eventually(t, "version 1 is unloaded", func() bool { return states(t, m)[1] == "END" })
	_, _, err := predict(m, serving.Spec{Model: "m", Version: 1, HasVersion: true}, 1)
	assert.EqualError(t, err, "Servable not found for request: Specific(m, 1)")
}

func TestABrokenVersionIsReportedAndTheOldOneGoesOn(t *testing.T) {
	base := t.TempDir()
	servingtest.Linear(t, base, 1, vector, 1, 1)
	m := servingtest.Start(t, serving.Options{RetryInterval: time.Hour}, serving.ModelConfig{Name: "m", BasePath: base})
	servingtest.Put(t, base, 2, []byte("no model"))
	eventually(t, "version 2 is tried", func() bool { return states(t, m)[2] == "END" })
	assert.Equal(t, int64(1), newest(m))
	assert.True(t, m.Ready())
	list, err := m.Status(serving.Spec{Model: "m", Version: 2, HasVersion: true})
	require.NoError(t, err)
	assert.ErrorContains(t, list[0].Err, "version 2 of model m cannot be loaded")

	require.NoError(t, os.RemoveAll(filepath.Join(base, "2"))) // repaired
	servingtest.Linear(t, base, 2, vector, 1, 2)
	eventually(t, "version 2 serves", func() bool { return newest(m) == 2 })
}

// A directory that grows is left alone until it has stopped.
func TestAVersionIsLoadedWhenItsCopyIsComplete(t *testing.T) {
	base, other := t.TempDir(), t.TempDir()
	servingtest.Linear(t, base, 1, vector, 1, 1)
	servingtest.Linear(t, other, 2, vector, 1, 2)
	whole, err := os.ReadFile(filepath.Join(other, "2", "model.ng"))
	require.NoError(t, err)
	m := servingtest.Start(t, serving.Options{RetryInterval: time.Hour}, serving.ModelConfig{Name: "m", BasePath: base})
	require.NoError(t, os.Mkdir(filepath.Join(base, "2"), 0o755))
	copied, err := os.Create(filepath.Join(base, "2", "model.ng"))
	require.NoError(t, err)
	defer copied.Close()
	for part := range len(whole)/64 + 1 {
		_, err := copied.Write(whole[part*64 : min(len(whole), (part+1)*64)])
		require.NoError(t, err)
		time.Sleep(3 * time.Millisecond)
		assert.Contains(t, []int64{1, 2}, newest(m))
	}
	eventually(t, "version 2 serves", func() bool { return newest(m) == 2 })
}

func TestAFailedLoadIsTriedAgain(t *testing.T) {
	tries := 0
	source := openFunc(func() (*serving.Servable, error) {
		if tries++; tries < 3 {
			return nil, errors.New("not yet")
		}
		return servingtest.Examples(), nil
	})
	m := serving.NewManager(serving.Options{
		Source: source, Poll: -1, RetryInterval: time.Millisecond, Log: servingtest.Quiet(),
	})
	defer m.Close()
	err := m.Reload(t.Context(), serving.Config{Models: []serving.ModelConfig{{Name: "m", BasePath: "m"}}})
	assert.ErrorContains(t, err, "not yet")
	eventually(t, "the third try", m.Ready)
	assert.Equal(t, 3, tries)
}

func TestRetriesEnd(t *testing.T) {
	tries := make(chan struct{}, 100)
	source := openFunc(func() (*serving.Servable, error) {
		tries <- struct{}{}
		return nil, errors.New("never")
	})
	m := serving.NewManager(serving.Options{
		Source: source, Poll: time.Millisecond, Retries: 2, RetryInterval: time.Millisecond, Log: servingtest.Quiet(),
	})
	require.Error(t, m.Reload(t.Context(), serving.Config{Models: []serving.ModelConfig{{Name: "m", BasePath: "m"}}}))
	time.Sleep(100 * time.Millisecond)
	m.Close()
	assert.Len(t, tries, 3)
}

// openFunc is a Source of one version.
type openFunc func() (*serving.Servable, error)

func (openFunc) Versions(context.Context, string) ([]serving.Version, error) {
	return []serving.Version{{Number: 1, Path: "m", State: "s"}}, nil
}

func (f openFunc) Open(context.Context, serving.Version) (*serving.Servable, error) { return f() }

func TestAPanicOfASourceIsAnError(t *testing.T) {
	m := serving.NewManager(serving.Options{
		Source: openFunc(func() (*serving.Servable, error) { panic("oh") }), Log: servingtest.Quiet(),
	})
	defer m.Close()
	err := m.Reload(t.Context(), serving.Config{Models: []serving.ModelConfig{{Name: "m", BasePath: "m"}}})
	assert.ErrorContains(t, err, "panic: oh")
}

func TestConfigErrors(t *testing.T) {
	m := servingtest.Start(t, serving.Options{})
	for _, test := range []struct {
		name   string
		models []serving.ModelConfig
		want   string
	}{
		{"no name", []serving.ModelConfig{{BasePath: "x"}}, "a model of the configuration has no name"},
		{
			"no path",
			[]serving.ModelConfig{{Name: "m"}},
			"Expected model m to have an absolute path or URI; got base_path()=",
		},
		{
			"twice",
			[]serving.ModelConfig{{Name: "m", BasePath: "x"}, {Name: "m", BasePath: "y"}},
			"Illegal to list model m multiple times in config list",
		},
		{
			"two policies",
			[]serving.ModelConfig{{Name: "m", BasePath: "x", Policy: serving.Policy{All: true, Latest: 1}}},
			"model m: version policy: want one of latest, all and specific",
		},
		{
			"sizes out of order", []serving.ModelConfig{{
				Name: "m", BasePath: "x", Batching: &serving.Batching{MaxBatchSize: 2, AllowedBatchSizes: []int{2, 1}},
			}}, "batching parameters: allowed_batch_sizes must be in increasing order",
		},
		{
			"another last size", []serving.ModelConfig{{
				Name: "m", BasePath: "x", Batching: &serving.Batching{MaxBatchSize: 4, AllowedBatchSizes: []int{1, 2}},
			}}, "batching parameters: Last entry in allowed_batch_sizes must match max_batch_size",
		},
		{"a path that is not there", []serving.ModelConfig{{Name: "m", BasePath: "testdata/none"}}, "no such file"},
		{
			"a path without versions",
			[]serving.ModelConfig{{Name: "m", BasePath: "."}},
			"is the directory of the version named by a number?",
		},
		{
			"a version that is not there", []serving.ModelConfig{{
				Name: "m", BasePath: oneVersion(t), Policy: serving.Policy{Specific: []int64{3}},
			}}, "version 3 of model m, which the version policy wants, was not found",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.ErrorContains(t, m.Reload(t.Context(), serving.Config{Models: test.models}), test.want)
		})
	}
}

func oneVersion(t *testing.T) string {
	base := t.TempDir()
	servingtest.Linear(t, base, 1, vector, 1, 1)
	return base
}

// A version that serves is closed once, after its last request.
func TestUnloadingWaitsForRequests(t *testing.T) {
	begun, end, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := servingtest.Examples()
	run := s.Signatures["regress"].Run
	s.Signatures["regress"].Run = func(ctx context.Context, in map[string]*tf2ng.Tensor) (
		map[string]*tf2ng.Tensor, error,
	) {
		close(begun)
		<-end
		return run(ctx, in)
	}
	s.Close = func() error {
		close(closed)
		return nil
	}
	m := servingtest.Start(t, serving.Options{Source: servingtest.Servables{"m": s}, NoWarmup: true},
		serving.ModelConfig{Name: "m", BasePath: "m"})
	answered := make(chan error)
	go func() {
		_, err := m.Regress(context.Background(), serving.ExamplesRequest{
			Spec:     serving.Spec{Model: "m", Signature: "regress"},
			Examples: []serving.Example{{"inputs": {Floats: []float32{1, 2}}}},
		})
		answered <- err
	}()
	<-begun
	go m.Close()
	eventually(t, "the Manager is closing", func() bool { return !m.Ready() })
	select {
	case <-closed:
		require.Fail(t, "closed under a request")
	case <-time.After(20 * time.Millisecond):
	}
	close(end)
	require.NoError(t, <-answered)
	<-closed
}

func TestFilesAsVersions(t *testing.T) {
	base, other := t.TempDir(), t.TempDir()
	servingtest.Linear(t, other, 1, vector, 1, 1)
	require.NoError(t, os.Rename(filepath.Join(other, "1", "model.ng"), filepath.Join(base, "003.ng")))
	m := servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "m", BasePath: base})
	assert.Equal(t, int64(3), newest(m))
}

func TestLimits(t *testing.T) {
	m := servingtest.Start(t, serving.Options{MaxRequests: 2, MaxBytes: 100})
	a, err := m.Begin()
	require.NoError(t, err)
	b, err := m.Begin()
	require.NoError(t, err)
	_, err = m.Begin()
	assert.Equal(t, serving.ResourceExhausted, serving.CodeOf(err))
	assert.ErrorContains(t, err, "2 requests are under way")
	require.NoError(t, a.Take(60))
	err = b.Take(41)
	assert.Equal(t, serving.ResourceExhausted, serving.CodeOf(err))
	assert.ErrorContains(t, err, "this one of 41 bytes does not fit")
	a.End()
	a.End()
	require.NoError(t, b.Take(41))
}

// The steps of a load are told: to open the version, and a warm-up run for each size of a batch.
func TestProgress(t *testing.T) {
	good, bad := t.TempDir(), t.TempDir()
	servingtest.Linear(t, good, 4, tf2ng.Shape{tf2ng.Unknown}, 1, 0)
	servingtest.Put(t, bad, 2, []byte("no model"))
	var mu sync.Mutex
	told := map[string][]string{}
	o := serving.Options{Retries: -1, Log: servingtest.Quiet(), Batching: &serving.Batching{
		MaxBatchSize: 8, AllowedBatchSizes: []int{2, 8},
	}}
	o.Progress = func(model string, version int64, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		told[model] = append(told[model], fmt.Sprintf("%d: %d of %d", version, done, total))
	}
	m := serving.NewManager(o)
	defer m.Close()
	err := m.Reload(t.Context(), serving.Config{Models: []serving.ModelConfig{
		{Name: "good", BasePath: good}, {Name: "bad", BasePath: bad},
	}})
	require.Error(t, err)
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, map[string][]string{
		"good": {"4: 0 of 1", "4: 1 of 3", "4: 2 of 3", "4: 1 of 1"}, "bad": {"2: 0 of 1", "2: 1 of 1"},
	}, told)
}

// Warm-up runs take their turn: no more Runs go on at once than Parallel says.
func TestWarmupKeepsToTheBound(t *testing.T) {
	var under, most atomic.Int32
	run := func(_ context.Context, in map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error) {
		most.Store(max(most.Load(), under.Add(1)))
		defer under.Add(-1)
		time.Sleep(5 * time.Millisecond)
		return map[string]*tf2ng.Tensor{"y": in["x"]}, nil
	}
	port := func(name string) []serving.Port {
		return []serving.Port{{Alias: name, Name: name + ":0", Type: tf2ng.F32, Shape: tf2ng.Shape{tf2ng.Unknown}}}
	}
	source, c := servingtest.Servables{}, serving.Config{}
	for i := range 6 {
		name := fmt.Sprint("m", i)
		source[name] = &serving.Servable{Signatures: map[string]*serving.Signature{
			serving.DefaultSignature: {Inputs: port("x"), Outputs: port("y"), Run: run},
		}}
		c.Models = append(c.Models, serving.ModelConfig{Name: name, BasePath: name})
	}
	m := serving.NewManager(serving.Options{Source: source, Parallel: 1, Log: servingtest.Quiet()})
	defer m.Close()
	require.NoError(t, m.Reload(t.Context(), c))
	assert.EqualValues(t, 1, most.Load())
}
