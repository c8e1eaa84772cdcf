package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

// The Trace Event format asks for these fields: name, ph, ts, pid and tid of each event, dur
// of a complete event (X), and args.name of a metadata event (M) that names a process or a
// thread. Times are in microseconds. The object form has traceEvents, and may have
// displayTimeUnit (ms or ns) and any other key.
func TestBenchTraceHasTheFieldsOfTheTraceEventFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.json")
	must(t, "bench", model, "--runs", "3", "--min-time", "1ns", "--threads", "2", "--trace", path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(data, &file))
	assert.Contains(t, []any{"ms", "ns"}, file["displayTimeUnit"])
	events, _ := file["traceEvents"].([]any)
	require.NotEmpty(t, events)

	ends, names, complete := map[float64]float64{}, map[string]bool{}, map[float64]int{}
	for _, e := range events {
		event, ok := e.(map[string]any)
		require.True(t, ok, "%v", e)
		name, _ := event["name"].(string)
		assert.NotEmpty(t, name, "%v", event)
		tid := number(t, event, "tid")
		assert.Equal(t, 1.0, number(t, event, "pid"), "%v", event)
		start := number(t, event, "ts")
		args, _ := event["args"].(map[string]any)
		require.NotNil(t, args, "%v", event)
		switch event["ph"] {
		case "M":
			assert.Contains(t, []string{"process_name", "thread_name"}, name)
			assert.NotEmpty(t, args["name"], "%v", event)
			names[name] = true
		case "X":
			assert.InDelta(t, ends[tid], start, 1e-3, "events of a track follow one another: %v", event)
			assert.GreaterOrEqual(t, number(t, event, "dur"), 0.0, "%v", event)
			ends[tid] = start + number(t, event, "dur")
			complete[tid]++
		default:
			t.Errorf("phase %v: %v", event["ph"], event)
		}
	}
	assert.Equal(t, map[string]bool{"process_name": true, "thread_name": true}, names)
	assert.Greater(t, complete[trackSteps], 5)
	assert.Equal(t, 3, complete[trackRuns])
	assert.Contains(t, string(data), `"gop_per_second":`)
}

func number(t *testing.T, event map[string]any, key string) float64 {
	t.Helper()
	v, ok := event[key].(float64)
	require.True(t, ok, "%s is no number: %v", key, event)
	return v
}

// Profile sorts by time; a trace has the steps as they run.
func TestTraceHasTheStepsAsTheyRun(t *testing.T) {
	step := func(node string, operations int64) kernels.StepInfo {
		return kernels.StepInfo{
			Node: node, Op: "IntegerDot", TFOp: "QuantizedMatMul", Kernel: "u8s8",
			Output: core.Fact{Type: core.I32, Shape: core.Shape{2, 5}}, Operations: operations,
		}
	}
	order := []kernels.StepInfo{step("first", 6000), step("second", 0), step("second", 0)}
	r := &measurement{Threads: 2, Limit: 8, profile: []kernels.StepTime{
		{StepInfo: order[2], Time: 9 * time.Microsecond},
		{StepInfo: order[0], Time: 3 * time.Microsecond},
		{StepInfo: order[1], Time: time.Microsecond},
	}}
	var got []traceEvent
	for _, e := range r.trace(order).Events {
		if e.Phase == phaseComplete {
			got = append(got, e)
		}
	}
	args := map[string]any{
		"op": "IntegerDot", "kernel": "u8s8", "output": "i32[2,5]", "tensorflow_op": "QuantizedMatMul",
		"output_bytes": int64(40),
	}
	rated := map[string]any{"gop_per_second": 2.0, "share_of_limit": 0.5}
	for k, v := range args {
		rated[k] = v
	}
	assert.Equal(t, []traceEvent{
		{Name: "first", Category: "IntegerDot", Phase: "X", Start: 0, Duration: 3, PID: 1, TID: 1, Args: rated},
		{Name: "second", Category: "IntegerDot", Phase: "X", Start: 3, Duration: 9, PID: 1, TID: 1, Args: args},
		{Name: "second", Category: "IntegerDot", Phase: "X", Start: 12, Duration: 1, PID: 1, TID: 1, Args: args},
	}, got)
}

func TestBenchTraceThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "trace.json")
	code, _, errs := program("bench", model, "--runs", "1", "--min-time", "1ns", "--trace", path)
	assert.NotZero(t, code)
	assert.Contains(t, errs, path)
}
