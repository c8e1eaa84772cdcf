package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/internal/peers"
)

// summary returns the beginning of docs/OPS.md: counts of the ops by family, and by what other tools do with
// them.
func (c *collection) summary() string {
	var b strings.Builder
	b.WriteString("\n")
	quantized := c.families(func(o *op) bool { return o.supported && o.quantized() })
	others := c.families(func(o *op) bool { return o.supported && !o.quantized() })
	row(&b, "TensorFlow ops", "by family")
	row(&b, "---", "---")
	row(&b, fmt.Sprintf("%d of quantization", total(quantized)), counts(quantized))
	row(&b, fmt.Sprintf("%d others", total(others)), counts(others))
	b.WriteString("\n")
	c.comparison(&b)
	return b.String()
}

func total(families map[string][]*op) int {
	n := 0
	for _, ops := range families {
		n += len(ops)
	}
	return n
}

// counts returns a text such as "convolution 20, pool 3", with the largest family first.
func counts(families map[string][]*op) string {
	names := slices.SortedFunc(maps.Keys(families), func(a, b string) int {
		if d := len(families[b]) - len(families[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, f := range names {
		parts = append(parts, fmt.Sprintf("%s %d", title(f), len(families[f])))
	}
	return strings.Join(parts, ", ")
}

// taken counts the quantized ops that a converter accepts, by how exact the result is.
type taken struct{ ops, exactly, nearly, partly int }

// counted says how many of the quantized ops and of the INT8 models each tool accepts.
type counted struct {
	ops                           int // quantized ops that tf2ng accepts
	compared                      int // those among ops that are compared with recorded outputs of TensorFlow
	tensorflow                    int
	onednn                        int // those among tensorflow that run with oneDNN only
	bridge                        int
	openvino                      taken
	tf2onnx                       taken
	models                        int
	openvinoModels, tf2onnxModels int
}

func (c *collection) counts() counted {
	var n counted
	for _, o := range c.ops {
		if !o.supported || !o.quantized() {
			continue
		}
		t := o.peer.TensorFlow
		n.ops++
		n.compared += one(len(o.groups) > 0)
		n.tensorflow += one(t.Kernel)
		n.onednn += one(t.OneDNNOnly())
		n.bridge += one(o.peer.NGraphBridge.Rule)
		n.openvino.add(o.peer.OpenVINO)
		n.tf2onnx.add(o.peer.TF2ONNX)
	}
	for _, m := range c.models {
		if p := c.peers.Models[m.name]; m.quantized {
			n.models++
			n.openvinoModels += one(p.OpenVINO == peers.Converts)
			n.tf2onnxModels += one(p.TF2ONNX == peers.Converts)
		}
	}
	return n
}

// comparison writes a table of how many of the quantized ops each tool accepts.
func (c *collection) comparison(b *strings.Builder) {
	v, n := c.peers.Versions, c.counts()
	row(b, "", fmt.Sprintf("of the %d quantized ops", n.ops), "", fmt.Sprintf("of %d INT8 models", n.models))
	row(b, "---", "---", "---", "---")
	row(b, "tf2ng", fmt.Sprint(n.ops), fmt.Sprintf("%d compared with TensorFlow's recorded outputs", n.compared),
		fmt.Sprint(n.models))
	row(b, "TensorFlow "+v.TensorFlow, fmt.Sprint(n.tensorflow), fmt.Sprintf("%d with oneDNN only", n.onednn),
		fmt.Sprint(n.models))
	row(b, "nGraph's TensorFlow bridge", fmt.Sprint(n.bridge), "read, not run", "")
	row(b, "OpenVINO "+v.OpenVINO, fmt.Sprint(n.openvino.ops), n.openvino.text(), fmt.Sprint(n.openvinoModels))
	row(b, "tf2onnx "+v.TF2ONNX, fmt.Sprint(n.tf2onnx.ops), n.tf2onnx.text(), fmt.Sprint(n.tf2onnxModels))
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add counts an op.
func (t *taken) add(c peers.Converter) {
	v := c.Verdict()
	t.ops += one(v != peers.Refuses && v != peers.Untested)
	t.exactly += one(v == peers.TakesExactly)
	t.nearly += one(v == peers.TakesNearly)
	t.partly += one(v == peers.Partly)
}

func (t taken) text() string {
	return fmt.Sprintf("%d exactly, %d within one step, %d in part or wrongly", t.exactly, t.nearly, t.partly)
}
