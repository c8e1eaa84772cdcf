package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/speed"
)

func configured(t *testing.T) *config {
	t.Helper()
	c, err := loadConfig()
	require.NoError(t, err)
	return c
}

// Figures of the table of ResNet-50: 2*112*112*7*7*3*64, and of a depthwise layer
// 2*56*56*3*3*144.
func TestOperationsOfLayers(t *testing.T) {
	want := map[string]int64{
		"7x7 s2 3>64 @224": 236027904, "dw 3x3 144 @56": 8128512,
		"1x1 512>2048 @7": 102760448, "matmul 2048>1001": 4100096,
	}
	for _, l := range configured(t).Layers {
		if n, ok := want[l.Name]; ok {
			assert.Equal(t, n, l.operations(), l.Name)
			delete(want, l.Name)
		}
	}
	assert.Empty(t, want)
}

func TestEachTaskIsACellOfItsOwn(t *testing.T) {
	paths, keys := map[speed.Key]string{}, 0
	for _, task := range configured(t).tasks() {
		paths[task.key] = filepath.ToSlash(task.path)
		keys++
		assert.NotContains(t, task.path, "%")
	}
	assert.Len(t, paths, keys)
	key := func(section, row, runtime string, batch, threads int) speed.Key {
		return speed.Key{Section: section, Row: row, Runtime: runtime, Batch: batch, Threads: threads}
	}
	for k, want := range map[speed.Key]string{
		key(speed.Models, "resnet50", "litert", 8, 2):               "resnet50/b8.tflite",
		key(speed.Layers, "7x7 s2 3>64 @224", speed.Ours, 1, 1):     "layers/0/int8.pb",
		key(speed.Layers, "matmul 2048>1001", "openvino", 8, 1):     "layers/23/qdq.onnx",
		key(speed.Families, "minilm", speed.TensorFlow, 8, 1):       "families/minilm/int8.pb",
		key(speed.Exported, "mobilenet_v2", speed.ONNXExport, 1, 1): "mobilenet_v2/export.onnx",
		key(speed.Exported, "mobilenet_v2", speed.ONNXBytes, 1, 1):  "mobilenet_v2/export_bytes.onnx",
	} {
		assert.Equal(t, want, paths[k], "%+v", k)
	}
}

// fake measures without a process; what it is asked for is in calls.
type fake struct {
	name  string
	calls *[]string
	err   error
}

func (f *fake) version() string { return f.name }
func (f *fake) close()          {}
func (f *fake) measure(r request) (answer, error) {
	*f.calls = append(*f.calls, fmt.Sprintf("%s %s", f.name, filepath.Base(r.Path)))
	return answer{MS: 2, Limit: 400}, f.err
}

// begun is a run of one model without its environments.
func begun(t *testing.T) (*runCommand, *speed.Results, []task) {
	t.Helper()
	dir := t.TempDir()
	exe := filepath.Join(dir, "tf2ng")
	require.NoError(t, os.WriteFile(exe, []byte("a binary"), 0o600))
	c := &runCommand{places: places{Dir: dir, TF2NG: exe}, Rounds: 2, Brief: 1}
	cfg := configured(t)
	r, err := c.begin(cfg)
	require.NoError(t, err)
	var tasks []task
	for _, k := range cfg.tasks() {
		if k.key.Row == "resnet50" && k.key.Section == speed.Models && k.key.Batch == 1 && k.key.Threads == 1 {
			tasks = append(tasks, k)
			require.NoError(t, os.MkdirAll(filepath.Dir(c.path(k)), 0o755))
			require.NoError(t, os.WriteFile(c.path(k), nil, 0o600))
		}
	}
	require.NotEmpty(t, tasks)
	return c, r, tasks
}

func TestRuntimesTakeTurnsAndARunGoesOnWhereItEnded(t *testing.T) {
	c, r, tasks := begun(t)
	var calls []string
	m := &meter{command: c, results: r, idle: func(time.Duration) bool { return true }, report: t.Output()}
	workers, broken := map[string]measurer{}, map[string]error{}
	for _, k := range tasks {
		workers[k.runtime.worker] = &fake{name: "w" + k.runtime.worker, calls: &calls}
	}
	for round := range 2 {
		for _, row := range pending(r, tasks, round, 1) {
			for _, k := range row {
				m.cell(k, 1, workers, broken)
			}
		}
		assert.Empty(t, pending(r, tasks, round, 1))
		assert.Empty(t, pending(r, tasks, round, 2), "these tasks have one thread")
	}
	require.Len(t, calls, 2*len(tasks))
	for i := range tasks {
		assert.Equal(t, calls[i], calls[len(calls)-1-i], "the second round goes backwards")
	}
	assert.InDelta(t, 400, r.Limit, 0)

	require.NoError(t, r.Write(c.results()))
	again, err := c.begin(configured(t))
	require.NoError(t, err)
	assert.Empty(t, pending(again, tasks, 1, 1))
	assert.Len(t, pending(again, tasks, 2, 1), 1, "a third round is left")
	assert.Equal(t, "w", again.Runtime(speed.Ours).Version)

	require.NoError(t, os.WriteFile(c.TF2NG, []byte("another binary"), 0o600))
	_, err = c.begin(configured(t))
	assert.ErrorContains(t, err, "is of another tf2ng than")
	c.Fresh = true
	again, err = c.begin(configured(t))
	require.NoError(t, err)
	assert.Len(t, pending(again, tasks, 0, 1), 1)
}

func TestWhatCannotRunHasItsReasonInTheCell(t *testing.T) {
	c, r, tasks := begun(t)
	var report strings.Builder
	m := &meter{command: c, results: r, idle: func(time.Duration) bool { return true }, report: &report}
	var calls []string
	workers := map[string]measurer{
		"":                    &fake{name: "tf2ng", calls: &calls, err: refused{"no such op"}},
		"worker_litert.py":    &fake{name: "litert", calls: &calls, err: errors.New("it crashed")},
		"worker_openvino.py":  &fake{name: "openvino", calls: &calls},
		"worker_unrelated.py": &fake{name: "unrelated", calls: &calls},
	}
	broken := map[string]error{}
	for _, k := range tasks {
		m.cell(k, 1, workers, broken)
	}
	reason := func(runtime string) string {
		k := speed.Key{Section: speed.Models, Row: "resnet50", Runtime: runtime, Batch: 1, Threads: 1}
		return r.Cell(k).NotRun
	}
	assert.Equal(t, "no such op", reason(speed.Ours))
	assert.Equal(t, "it crashed", reason("litert"))
	assert.Contains(t, report.String(), "NOT RUN: LiteRT, resnet50: it crashed\n")
	assert.Empty(t, reason("openvino"))
	assert.Equal(t, "the environment tensorflow is not there: make bench-peers-prepare", reason(speed.TensorFlow))
	assert.Contains(t, workers, "", "it only refused")
	assert.NotContains(t, workers, "worker_litert.py", "it is gone")

	require.NoError(t, os.Remove(c.path(tasks[0])))
	m.cell(tasks[0], 1, workers, broken)
	assert.Equal(t, "resnet50/int8.pb is not there: make bench-peers-prepare", filepath.ToSlash(reason(speed.Ours)))
	assert.Contains(t, r.Tables(), "NOT RUN")
}

func TestPrepareCopiesTheGraphsThatThereAre(t *testing.T) {
	p := &places{Dir: t.TempDir(), Models: []string{t.TempDir(), t.TempDir()}}
	net := model{Name: "net", File: "net.pb"}
	found, err := p.graph(net)
	require.NoError(t, err)
	assert.False(t, found)
	require.NoError(t, os.WriteFile(filepath.Join(p.Models[1], "net.pb"), []byte("graph"), 0o600))
	for range 2 { // the second time it is there
		found, err = p.graph(net)
		require.NoError(t, err)
		assert.True(t, found)
		require.NoError(t, os.RemoveAll(p.Models[1]))
	}
	data, err := os.ReadFile(filepath.Join(p.models(), "net", int8File))
	require.NoError(t, err)
	assert.Equal(t, "graph", string(data))
}

// The columns are user, nice, system, idle, iowait, irq, softirq.
func TestIdleShare(t *testing.T) {
	stat := func(user, idle, wait int) string {
		return fmt.Sprintf("cpu  %d 0 0 %d %d 0 0\ncpu0 9 9 9", user, idle, wait)
	}
	for _, c := range []struct {
		before, after string
		want          float64
	}{
		{stat(10, 10, 10), stat(10, 20, 10), 1},
		{stat(10, 10, 10), stat(20, 10, 10), 0},
		{stat(10, 10, 10), stat(20, 15, 15), 0.5},
		{stat(1, 1, 1), stat(1, 1, 1), 1},
	} {
		assert.InDelta(t, c.want, idleOf(c.before, c.after), 1e-9, strings.Join([]string{c.before, c.after}, " to "))
	}
}

func TestEnvironmentsHaveRequirements(t *testing.T) {
	assert.Equal(t, []string{"openvino", "tensorflow", "litert"}, environments())
	for _, name := range append(environments(), compressorEnv) {
		data, err := os.ReadFile("requirements-" + name + ".txt")
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			pinned := strings.HasPrefix(line, "#") || strings.Contains(line, "==")
			assert.True(t, pinned, "%s: %s is pinned", name, line)
		}
	}
}
