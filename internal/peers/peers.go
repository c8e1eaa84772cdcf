// Package peers tells what other tools do with TensorFlow's ops: TensorFlow itself,
// OpenVINO, tf2onnx and nGraph's TensorFlow bridge.
//
// peers.json is measured by scripts/peers: each tool gets the one-op graphs of
// testdata/goldens, and its results are compared with those that TensorFlow recorded.
// Only the bridge, which no longer builds, was read instead.
package peers

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed peers.json
var measured []byte

// Table is what was measured.
type Table struct {
	Date     string           `json:"date"`   // of the measurement
	CPU      string           `json:"cpu"`    // that measured
	Graphs   int              `json:"graphs"` // each tool got so many
	Versions Versions         `json:"versions"`
	Models   map[string]Model `json:"models"` // of testdata/graphdefs
	Ops      map[string]Op    `json:"ops"`

	// OnlyTensorFlow lists the ops of which nobody but TensorFlow knows anything.
	OnlyTensorFlow []string `json:"only_tensorflow"`
}

// Converts is what a converter does with a model that it takes.
const Converts = "converts"

// Model tells for each converter whether it Converts a model, or else how it was refused.
type Model struct {
	OpenVINO string `json:"openvino"`
	TF2ONNX  string `json:"tf2onnx"`
}

// Versions are those of the tools; nGraph's bridge is named by its commit.
type Versions struct {
	TensorFlow   string `json:"tensorflow"`
	OpenVINO     string `json:"openvino"`
	TF2ONNX      string `json:"tf2onnx"`
	NGraphBridge string `json:"ngraph_bridge"`
}

// Op is what the tools do with an op.
type Op struct {
	TensorFlow   TensorFlow `json:"tensorflow"`
	OpenVINO     Converter  `json:"openvino"`
	TF2ONNX      Converter  `json:"tf2onnx"`
	NGraphBridge Bridge     `json:"ngraph_bridge"`
}

// TensorFlow is what TensorFlow's runtime does with an op on the CPU.
type TensorFlow struct {
	Registered bool `json:"registered"`
	Kernel     bool `json:"kernel"` // a CPU kernel is registered
	Graphs     int  `json:"graphs"` // recorded graphs of the op
	OneDNN     int  `json:"onednn"` // of them it runs so many with oneDNN
	Plain      int  `json:"plain"`  // and so many without
}

// Converter is what a converter and the runtime behind it do with an op.
type Converter struct {
	Rule   bool           `json:"rule"`   // it has a rule for the op
	Graphs map[string]int `json:"graphs"` // recorded graphs by what came of them
}

// What comes of a graph; anything else is the error that refused it.
const (
	Exact  = "exact"   // integers equal, floats within 2 units in the last place
	Near   = "near"    // integers within 1, floats within one of 255 steps of their range
	Wrong  = "wrong"   // further off
	NoRule = "no rule" // an op of the graph has no conversion rule
)

// Bridge is what nGraph's TensorFlow bridge did with an op.
type Bridge struct {
	Rule bool   `json:"rule"`
	Only string `json:"only"` // a condition; may be empty
}

// Load reads the table.
func Load() (*Table, error) {
	t := &Table{}
	if err := json.Unmarshal(measured, t); err != nil {
		return nil, fmt.Errorf("peers.json: %w", err)
	}
	for _, name := range t.OnlyTensorFlow {
		t.Ops[name] = Op{TensorFlow: TensorFlow{Registered: true, Kernel: true}}
	}
	return t, nil
}

// String reads "runs", "runs with oneDNN only" or "not registered", for example.
func (t TensorFlow) String() string {
	switch {
	case !t.Registered:
		return "not registered"
	case !t.Kernel:
		return "no CPU kernel"
	case t.Graphs == 0 || t.Plain == t.OneDNN && t.OneDNN > 0:
		return "runs"
	case t.Plain == 0 && t.OneDNN > 0:
		return "runs with oneDNN only"
	case t.OneDNN > 0:
		return fmt.Sprintf("runs; without oneDNN %d of %d graphs", t.Plain, t.OneDNN)
	}
	return "refuses"
}

// OneDNNOnly reports whether the op runs with oneDNN only.
func (t TensorFlow) OneDNNOnly() bool { return t.Kernel && t.OneDNN > 0 && t.Plain == 0 }

// Total is the number of graphs.
func (c Converter) Total() int {
	n := 0
	for _, k := range c.Graphs {
		n += k
	}
	return n
}

// Verdict sums up what a tool does with an op.
type Verdict string

// Verdicts. Partly means that it takes some graphs only, or computes some wrongly.
const (
	TakesExactly Verdict = "exact"
	TakesNearly  Verdict = "near"
	Partly       Verdict = "partly"
	Refuses      Verdict = "no"
	Untested     Verdict = "has a rule" // but no graph was recorded
)

// Verdict sums up.
func (c Converter) Verdict() Verdict {
	total, taken := c.Total(), c.Graphs[Exact]+c.Graphs[Near]+c.Graphs[Wrong]
	switch {
	case total == 0 && c.Rule:
		return Untested
	case taken == 0:
		return Refuses
	case c.Graphs[Exact] == total:
		return TakesExactly
	case c.Graphs[Exact]+c.Graphs[Near] == total:
		return TakesNearly
	}
	return Partly
}

// String reads "exact", "refuses", "has a rule" or "3 exact, 1 wrong, 2 refused
// (KeyError)", for example.
func (c Converter) String() string {
	switch v := c.Verdict(); {
	case v == Untested, v == TakesExactly:
		return string(v)
	case c.Total() == 0 || c.Graphs[NoRule] == c.Total():
		return "refuses"
	case v == Refuses:
		return "refuses (" + strings.Join(c.errors(), ", ") + ")"
	}
	var parts []string
	for _, kind := range []string{Exact, Near, Wrong} {
		if n := c.Graphs[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	if n := c.Total() - c.Graphs[Exact] - c.Graphs[Near] - c.Graphs[Wrong]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d refused (%s)", n, strings.Join(c.errors(), ", ")))
	}
	return strings.Join(parts, ", ")
}

// errors are the kinds of refusal.
func (c Converter) errors() []string {
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(c.Graphs)) {
		if kind != Exact && kind != Near && kind != Wrong {
			list = append(list, kind)
		}
	}
	return list
}

// String reads "takes", "takes mode SCALED" or "leaves it to TensorFlow".
func (b Bridge) String() string {
	switch {
	case !b.Rule:
		return "leaves it to TensorFlow"
	case b.Only != "":
		return "takes " + b.Only
	}
	return "takes"
}
