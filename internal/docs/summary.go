package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/internal/peers"
)

// summary counts the ops by family and by what other tools do with them. It is the
// generated part of README.md, and the head of docs/OPS.md.
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
	c.comparison(&b, slices.Concat(slices.Collect(maps.Values(quantized))...))
	return b.String()
}

func total(families map[string][]*op) int {
	n := 0
	for _, ops := range families {
		n += len(ops)
	}
	return n
}

// counts reads "convolution 20, pool 3": the largest family first.
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

// comparison counts how many of the quantized ops each tool takes.
func (c *collection) comparison(b *strings.Builder, ops []*op) {
	v := c.peers.Versions
	compared, runs, onednn, bridge := 0, 0, 0, 0
	var openvino, tf2onnx []peers.Converter
	for _, o := range ops {
		t := o.peer.TensorFlow
		if len(o.groups) > 0 {
			compared++
		}
		if t.Kernel {
			runs++
		}
		if t.OneDNNOnly() {
			onednn++
		}
		if o.peer.NGraphBridge.Rule {
			bridge++
		}
		openvino, tf2onnx = append(openvino, o.peer.OpenVINO), append(tf2onnx, o.peer.TF2ONNX)
	}
	models := [3]int{} // INT8 models: all, those that OpenVINO converts, and tf2onnx
	for _, m := range c.models {
		if p := c.peers.Models[m.name]; m.quantized {
			models[0]++
			models[1] += one(p.OpenVINO == peers.Converts)
			models[2] += one(p.TF2ONNX == peers.Converts)
		}
	}
	row(b, "", fmt.Sprintf("of the %d quantized ops", len(ops)), "", fmt.Sprintf("of %d INT8 models", models[0]))
	row(b, "---", "---", "---", "---")
	row(b, "tf2ng", fmt.Sprint(len(ops)), fmt.Sprintf("%d compared with TensorFlow's recorded outputs", compared),
		fmt.Sprint(models[0]))
	row(b, "TensorFlow "+v.TensorFlow, fmt.Sprint(runs), fmt.Sprintf("%d with oneDNN only", onednn),
		fmt.Sprint(models[0]))
	row(b, "nGraph's TensorFlow bridge", fmt.Sprint(bridge), "read, not run", "")
	row(b, append(append([]string{"OpenVINO " + v.OpenVINO}, verdicts(openvino)...), fmt.Sprint(models[1]))...)
	row(b, append(append([]string{"tf2onnx " + v.TF2ONNX}, verdicts(tf2onnx)...), fmt.Sprint(models[2]))...)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// verdicts returns how many ops a converter takes, and how well.
func verdicts(list []peers.Converter) []string {
	n := map[peers.Verdict]int{}
	for _, c := range list {
		n[c.Verdict()]++
	}
	text := fmt.Sprintf("%d exactly, %d within one step, %d in part or wrongly", n[peers.TakesExactly],
		n[peers.TakesNearly], n[peers.Partly])
	return []string{fmt.Sprint(len(list) - n[peers.Refuses] - n[peers.Untested]), text}
}
