package tfgrpc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

const graphs = "../../testdata/graphdefs/"

// BenchmarkServe asks for one row at a time, from one client and from eight: the latency's median and
// 99th percentile are in microseconds. "run" is Model.Run alone.
func BenchmarkServe(b *testing.B) {
	for _, model := range []struct {
		name, file, input string
		shape             []int64
	}{
		{"digits", "digits_mix_lpot16_tf25.pb", "input", []int64{1, 8, 8, 1}},
		{"mobilenet", "nsfw_mobilenet_v2_lpot16_tf25.pb", "input", []int64{1, 224, 224, 3}},
	} {
		base := b.TempDir()
		data, err := os.ReadFile(graphs + model.file)
		require.NoError(b, err)
		require.NoError(b, os.Mkdir(filepath.Join(base, "1"), 0o755))
		require.NoError(b, os.WriteFile(filepath.Join(base, "1", "model.pb"), data, 0o644))
		n := int64(1)
		for _, d := range model.shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i%256) / 256
		}
		b.Run(model.name+"/run", func(b *testing.B) { benchRun(b, graphs+model.file, model.shape, x) })
		for _, threads := range []int{1, 2} {
			for _, batched := range []bool{false, true} {
				o := serving.Options{
					Source:   &serving.Directories{Options: []tf2ng.Option{tf2ng.WithThreads(threads)}},
					Parallel: 2 / threads, Poll: -1,
				}
				if batched {
					o.Batching = &serving.Batching{MaxBatchSize: 8}
				}
				m := servingtest.Start(b, o, serving.ModelConfig{Name: "m", BasePath: base})
				for _, clients := range []int{1, 8} {
					where := fmt.Sprintf("%s/threads%d/batched=%v/clients%d/", model.name, threads, batched, clients)
					b.Run(where+"grpc", func(b *testing.B) { bench(b, clients, askGRPC(b, m, model.input, model.shape, x)) })
					b.Run(where+"rest", func(b *testing.B) { bench(b, clients, askREST(b, m, model.shape, x)) })
				}
			}
		}
	}
}

func benchRun(b *testing.B, file string, shape []int64, x []float32) {
	m, err := tf2ng.Load(file)
	require.NoError(b, err)
	defer m.Close()
	s := tf2ng.Shape{}
	for _, d := range shape {
		s = append(s, int(d))
	}
	in, err := tf2ng.TensorOf(s, x)
	require.NoError(b, err)
	bench(b, 1, func() error {
		_, err := m.Run(b.Context(), map[string]*tf2ng.Tensor{m.Inputs()[0].Name: in})
		return err
	})
}

// bench calls ask b.N times, from some goroutines.
func bench(b *testing.B, clients int, ask func() error) {
	require.NoError(b, ask())
	times := make([][]time.Duration, clients)
	b.ResetTimer()
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for range (b.N + clients - 1 - c) / clients {
				begin := time.Now()
				if err := ask(); err != nil {
					b.Error(err)
					return
				}
				times[c] = append(times[c], time.Since(begin))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	list := slices.Concat(times...)
	slices.Sort(list)
	if len(list) > 0 {
		b.ReportMetric(float64(list[len(list)/2].Microseconds()), "p50_us")
		b.ReportMetric(float64(list[len(list)*99/100].Microseconds()), "p99_us")
		b.ReportMetric(float64(len(list))/b.Elapsed().Seconds(), "requests/s")
	}
}

func askGRPC(b *testing.B, m *serving.Manager, input string, shape []int64, x []float32) func() error {
	c := dial(b, m)
	r := &apis_go_proto.PredictRequest{
		ModelSpec: spec("m"), Inputs: map[string]*tensor_go_proto.TensorProto{input: floats(shape, x...)},
	}
	return func() error {
		_, err := c.predict.Predict(b.Context(), r)
		return err
	}
}

func askREST(b *testing.B, m *serving.Manager, shape []int64, x []float32) func() error {
	s := httptest.NewServer(m.Handler(serving.RESTOptions{}))
	b.Cleanup(s.Close)
	body, err := json.Marshal(map[string]any{"inputs": nested(shape, x)})
	require.NoError(b, err)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	return func() error {
		answer, err := client.Post(s.URL+"/v1/models/m:predict", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s", text)
		}
		return err
	}
}

// nested returns elements as nested lists of a shape.
func nested(shape []int64, x []float32) any {
	if len(shape) == 0 {
		return x[0]
	}
	one := len(x) / int(shape[0])
	var list []any
	for i := range int(shape[0]) {
		list = append(list, nested(shape[1:], x[i*one:(i+1)*one]))
	}
	return list
}
