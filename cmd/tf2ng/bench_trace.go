package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tf2ng/tf2ng/kernels"
)

// traceFile is a file in the object form of the Trace Event format, which chrome://tracing and Perfetto can
// open. Times are in microseconds.
type traceFile struct {
	Events []traceEvent   `json:"traceEvents"`
	Unit   string         `json:"displayTimeUnit"` // the unit that the viewer displays: ms or ns
	Other  map[string]any `json:"otherData"`
}

// traceEvent is an event on the track that PID and TID identify.
type traceEvent struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	Start    float64        `json:"ts"`
	Duration float64        `json:"dur"` // for a complete event only
	PID      int            `json:"pid"`
	TID      int            `json:"tid"`
	Args     map[string]any `json:"args"`
}

// Phases of the Trace Event format, and the tracks of a trace.
const (
	phaseComplete = "X"
	phaseMetadata = "M"

	traceProcess = 1
	trackSteps   = 1 // the instructions, one after another
	trackRuns    = 2 // the runs that were measured, on all threads
)

// trace makes a trace of a measurement: one track has the steps in the order in which they run, each as long
// as its median, and the other one has the runs one after another.
func (r *measurement) trace(order []kernels.StepInfo) *traceFile {
	t := &traceFile{Unit: "ms", Other: map[string]any{
		"cpu": r.CPU, "batch": r.Batch, "threads": r.Threads, "median_ms": r.Median,
	}}
	t.name("process_name", 0, "tf2ng bench")
	t.name("thread_name", trackSteps, "instructions, medians on one thread")
	t.name("thread_name", trackRuns, fmt.Sprintf("runs on %d thread(s)", r.Threads))
	at := 0.0
	for _, n := range inOrder(order, r.profile) {
		at = t.complete(trackSteps, n.Node, n.Op, at, float64(n.Time.Nanoseconds())/1e3, stepArgs(n, r))
	}
	at = 0
	for i, ms := range r.times {
		at = t.complete(trackRuns, fmt.Sprintf("run %d", i+1), "run", at, ms*1e3, map[string]any{})
	}
	return t
}

// name adds the event that names a process or a track.
func (t *traceFile) name(what string, track int, name string) {
	t.Events = append(t.Events, traceEvent{
		Name: what, Phase: phaseMetadata, PID: traceProcess, TID: track, Args: map[string]any{"name": name},
	})
}

// complete adds an event with a start and a duration, and returns when it ends.
func (t *traceFile) complete(track int, name, category string, at, us float64, args map[string]any) float64 {
	t.Events = append(t.Events, traceEvent{
		Name: name, Category: category, Phase: phaseComplete, Start: at, Duration: us,
		PID: traceProcess, TID: track, Args: args,
	})
	return at + us
}

// stepArgs returns what a viewer shows about a step when it is clicked.
func stepArgs(n kernels.StepTime, r *measurement) map[string]any {
	args := map[string]any{"op": n.Op, "kernel": n.Kernel, "output": fmt.Sprint(n.Output)}
	if n.TFOp != "" {
		args["tensorflow_op"] = n.TFOp
	}
	if bytes, err := n.Output.Bytes(); err == nil { // fails if the size depends on values of the graph
		args["output_bytes"] = bytes
	}
	if n.Operations > 0 && n.Time > 0 {
		rate := float64(n.Operations) / n.Time.Seconds() / 1e9
		args["gop_per_second"], args["share_of_limit"] = rate, rate*float64(r.Threads)/r.Limit
	}
	return args
}

// inOrder sorts steps in the order in which they run. Steps that cannot be distinguished keep their relative
// order.
func inOrder(order []kernels.StepInfo, steps []kernels.StepTime) []kernels.StepTime {
	key := func(s kernels.StepInfo) string { return fmt.Sprintf("%q %q %q %v", s.Node, s.Op, s.Kernel, s.Output) }
	left := map[string][]kernels.StepTime{}
	for _, s := range steps {
		left[key(s.StepInfo)] = append(left[key(s.StepInfo)], s)
	}
	sorted := make([]kernels.StepTime, 0, len(steps))
	for _, s := range order {
		if same := left[key(s)]; len(same) > 0 {
			sorted, left[key(s)] = append(sorted, same[0]), same[1:]
		}
	}
	return sorted
}

// write writes the trace, completely or not at all.
func (t *traceFile) write(path string) error {
	_, err := writeFile(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(t) })
	if err != nil {
		return fmt.Errorf("--trace %s: %w", path, err)
	}
	return nil
}
