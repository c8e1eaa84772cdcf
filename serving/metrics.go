package serving

import (
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// metrics counts what a Manager does, under TensorFlow Serving's names. It is written in Prometheus's text
// exposition format 0.0.4.
type metrics struct {
	mu       sync.Mutex
	families map[string]*family
}

// family is a metric with the names of its labels. It has a point for each combination of label values.
type family struct {
	kind   string // "counter" or "histogram"
	help   string
	labels []string
	limits []float64 // upper limits of a histogram's buckets, without the last, which is infinite
	points map[string]*point
}

type point struct {
	values  []string // the values of the labels
	count   float64
	sum     float64
	buckets []uint64
}

// maxPoints bounds the points of a family, since requests can contain any model name.
const maxPoints = 1000

// The names of the families.
const (
	requestCount   = ":tensorflow:serving:request_count"
	requestLatency = ":tensorflow:serving:request_latency"
	runtimeLatency = ":tensorflow:serving:runtime_latency"
	warmupLatency  = ":tensorflow:serving:model_warmup_latency"
	exampleCounts  = ":tensorflow:serving:request_example_counts"
	exampleTotal   = ":tensorflow:serving:request_example_count_total"
	queueLatency   = ":tensorflow:serving:batching_session:queuing_latency"
	wrappedRuns    = ":tensorflow:serving:batching_session:wrapped_run_count"
	inputBatch     = ":tensorflow:serving:batching_session:input_batch_size"
	processedBatch = ":tensorflow:serving:batching_session:processed_batch_size"
	paddingSize    = ":tensorflow:serving:batching_session:padding_size"
	loadAttempts   = ":tensorflow:cc:saved_model:load_attempt_count"
	loadLatency    = ":tensorflow:cc:saved_model:load_latency"
)

// exponential returns the upper limits of n buckets, scale*growth^i for bucket i. The last bucket has none.
func exponential(scale, growth float64, n int) []float64 {
	limits := make([]float64, n-1)
	for i := range limits {
		limits[i] = scale * math.Pow(growth, float64(i))
	}
	return limits
}

func newMetrics() *metrics {
	micros, sizes := exponential(10, 1.8, 33), exponential(1, 2, 15)
	counter := func(help string, labels ...string) *family {
		return &family{kind: "counter", help: help, labels: labels, points: map[string]*point{}}
	}
	histogram := func(help string, limits []float64, labels ...string) *family {
		return &family{kind: "histogram", help: help, labels: labels, limits: limits, points: map[string]*point{}}
	}
	return &metrics{families: map[string]*family{
		requestCount:   counter("Requests.", "model_name", "status"),
		requestLatency: histogram("Microseconds from request to answer.", micros, "model_name", "API", "entrypoint"),
		runtimeLatency: histogram("Microseconds of a Run.", micros, "model_name", "API", "runtime"),
		warmupLatency:  histogram("Microseconds of a warm-up.", micros, "model_path", "status"),
		exampleCounts:  histogram("Examples of a request.", sizes, "model"),
		exampleTotal:   counter("Examples.", "model"),
		queueLatency:   histogram("Microseconds in a queue of batches.", micros, "model_name"),
		wrappedRuns:    counter("Batches.", "model_name"),
		inputBatch:     histogram("Rows of requests in a batch.", sizes, "model_name"),
		processedBatch: histogram("Rows of a batch.", sizes, "model_name"),
		paddingSize:    histogram("Rows that fill up a batch.", sizes, "model_name"),
		loadAttempts:   counter("Tries to load a version.", "model_path", "status"),
		loadLatency:    counter("Microseconds of loading.", "model_path"),
	}}
}

// add adds a value to a point: to a counter, or to the distribution of a histogram.
func (m *metrics) add(name string, value float64, labels ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.families[name]
	key := strings.Join(labels, "\x00")
	p := f.points[key]
	if p == nil {
		if len(f.points) >= maxPoints {
			return
		}
		p = &point{values: labels, buckets: make([]uint64, len(f.limits)+1)}
		f.points[key] = p
	}
	if f.kind == "counter" {
		p.count += value
		return
	}
	p.count++
	p.sum += value
	at, _ := slices.BinarySearch(f.limits, value)
	p.buckets[at]++
}

func micros(d time.Duration) float64 { return float64(d.Microseconds()) }

// answered counts a request that has been answered, and the time that it took.
func (m *metrics) answered(r Request, took time.Duration, err error) {
	model := r.Model
	if code := CodeOf(err); code == fault.NotFound {
		model = "" // a client could make up any number of names
	}
	api, entry := r.API, r.Entry
	if api == "" {
		api = "Predict"
	}
	m.add(requestCount, 1, model, CodeOf(err).String())
	m.add(requestLatency, micros(took), model, api, entry)
}

func (m *metrics) ran(model string, took time.Duration) {
	m.add(runtimeLatency, micros(took), model, "Predict", "tf2ng")
}

func (m *metrics) examples(model string, n int) {
	m.add(exampleCounts, float64(n), model)
	m.add(exampleTotal, float64(n), model)
}

func (m *metrics) queued(model string, waited time.Duration) {
	m.add(queueLatency, micros(waited), model)
}

func (m *metrics) batched(model string, rows, size int) {
	m.add(wrappedRuns, 1, model)
	m.add(inputBatch, float64(rows), model)
	m.add(processedBatch, float64(size), model)
	m.add(paddingSize, float64(size-rows), model)
}

func outcome(err error) string {
	if err != nil {
		return "fail"
	}
	return "success"
}

func (m *metrics) loaded(path string, took time.Duration, err error) {
	m.add(loadAttempts, 1, path, outcome(err))
	m.add(loadLatency, micros(took), path)
}

func (m *metrics) warmed(path string, took time.Duration, err error) {
	m.add(warmupLatency, micros(took), path, outcome(err))
}

// WriteMetrics writes all metrics in Prometheus's text format, including those of Go's runtime and the
// memory of the models.
func (m *Manager) WriteMetrics(w io.Writer) error {
	var b strings.Builder
	m.metrics.write(&b)
	m.writeModels(&b)
	writeRuntime(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (m *metrics) write(b *strings.Builder) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.families)) {
		f := m.families[name]
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, f.help, name, f.kind)
		for _, key := range slices.Sorted(maps.Keys(f.points)) {
			f.write(b, name, f.points[key])
		}
	}
}

func (f *family) write(b *strings.Builder, name string, p *point) {
	labels := pairs(f.labels, p.values)
	if f.kind == "counter" {
		fmt.Fprintf(b, "%s{%s} %s\n", name, labels, number(p.count))
		return
	}
	total := uint64(0)
	for i, n := range p.buckets {
		limit := "+Inf"
		if i < len(f.limits) {
			limit = number(f.limits[i])
		}
		total += n
		fmt.Fprintf(b, "%s_bucket{%s,le=\"%s\"} %d\n", name, labels, limit, total)
	}
	fmt.Fprintf(b, "%s_sum{%s} %s\n%s_count{%s} %d\n", name, labels, number(p.sum), name, labels, total)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// pairs formats labels as a="x",b="y".
func pairs(names, values []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n + `="` + escapes.Replace(values[i]) + `"`
	}
	return strings.Join(list, ",")
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// writeModels writes the state and the memory of the versions.
func (m *Manager) writeModels(b *strings.Builder) {
	const states, memory = ":tf2ng:serving:version_state", ":tf2ng:serving:model_memory_bytes"
	var s, bytes strings.Builder
	for _, name := range m.Models() {
		known := m.model(name)
		if known == nil {
			continue
		}
		for _, v := range known.status() {
			labels := pairs([]string{"model_name", "version"}, []string{name, strconv.FormatInt(v.Version, 10)})
			fmt.Fprintf(&s, "%s{%s} %d\n", states, labels, v.State)
			if n, ok := known.memory(v.Version); ok {
				fmt.Fprintf(&bytes, "%s{%s} %d\n", memory, labels, n)
			}
		}
	}
	fmt.Fprintf(b, "# HELP %s State of a version: 30 is available.\n# TYPE %s gauge\n%s", states, states, s.String())
	fmt.Fprintf(b, "# HELP %s Bytes that a version keeps beside its file.\n# TYPE %s gauge\n%s", memory, memory,
		bytes.String())
}

// memory returns how many bytes a version occupies; false if it does not serve or does not say.
func (m *model) memory(n int64) (int64, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v := m.serving[n]
	if v == nil || v.loaded.Memory == nil {
		return 0, false
	}
	return v.loaded.Memory(), true
}

func writeRuntime(b *strings.Builder) {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	for _, g := range []struct {
		name, kind, help string
		value            uint64
	}{
		{"go_goroutines", "gauge", "Goroutines.", uint64(runtime.NumGoroutine())},
		{"go_memstats_alloc_bytes", "gauge", "Bytes of live objects.", mem.Alloc},
		{"go_memstats_sys_bytes", "gauge", "Bytes from the system.", mem.Sys},
		{"go_memstats_heap_inuse_bytes", "gauge", "Bytes of the heap in use.", mem.HeapInuse},
		{"go_memstats_mallocs_total", "counter", "Objects allocated.", mem.Mallocs},
		{"go_gc_cycles_total", "counter", "Garbage collections.", uint64(mem.NumGC)},
	} {
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", g.name, g.help, g.name, g.kind, g.name, g.value)
	}
}
