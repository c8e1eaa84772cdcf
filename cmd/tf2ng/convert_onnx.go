package main

import (
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx"
)

// onnxFlags say how to write an ONNX model.
type onnxFlags struct {
	Opset     int      `help:"With --format onnx: the opset, 13 to 23." default:"21"`
	Form      string   `name:"onnx-form" help:"With --format onnx: qdq: float ops between DequantizeLinear and QuantizeLinear; qoperator: QLinearConv; integer: ConvInteger, followed by each step." default:"qdq" enum:"qdq,qoperator,integer"`
	Sums      string   `name:"onnx-sums" help:"With --format onnx: reals: a tensor is added to the product of a convolution as it is; bytes: the product is rounded to 8 bits before, where that moves no result by more than a step." default:"reals" enum:"reals,bytes"`
	Calibrate []string `help:"With --format onnx: values of an input, one example or several along the first axis, on which the model runs to find the ranges of products for --onnx-sums bytes, which it implies." placeholder:"NAME=FILE[:KEY]" sep:"none"`
	Report    bool     `help:"With --format onnx: say for each node whether it is exact and, if not, why."`
}

// given reports whether any of the flags is.
func (f *onnxFlags) given() bool {
	defaults := onnx.Options{Opset: onnx.DefaultOpset, Form: onnx.QDQ, Sums: onnx.SumsOfReals}
	return f.Report || len(f.Calibrate) > 0 || f.Opset != defaults.Opset || f.Form != string(defaults.Form) ||
		f.Sums != string(defaults.Sums)
}

// onnxOptions reads what the options need.
func (c *convertCommand) onnxOptions(m *tf2ng.Model) (onnx.Options, error) {
	o := onnx.Options{Opset: c.Opset, Form: onnx.Form(c.Form), Sums: onnx.Sums(c.Sums)}
	if len(c.Calibrate) == 0 {
		return o, nil
	}
	o.Sums = onnx.SumsOfBytes
	given, err := readTensors("--calibrate", c.Calibrate)
	if err != nil {
		return o, err
	}
	o.Calibration, err = examples(m.Inputs(), given)
	return o, err
}

// examples divides tensors along their first axis into batches of the size that the model's input has, or of one if
// that is not known. A tensor of one batch belongs to each batch of the others.
func examples(inputs []tf2ng.TensorInfo, given map[string]*core.Tensor) ([]map[string]*core.Tensor, error) {
	batches := map[string][]*core.Tensor{}
	count := 1
	for name, t := range given {
		size := 1
		for _, in := range inputs {
			if in.Name == strings.TrimSuffix(name, ":0") && len(in.Shape) > 0 {
				size = max(in.Shape[0], 1)
			}
		}
		s := t.Shape()
		if len(s) == 0 || s[0] <= size {
			batches[name] = []*core.Tensor{t}
			continue
		}
		if n := s[0] / size; s[0]%size != 0 || count > 1 && n != count {
			return nil, fmt.Errorf("--calibrate %s: got %d examples, want as many for all inputs, in batches of %d",
				name, s[0], size)
		}
		count = s[0] / size
		batch := s.Clone()
		batch[0] = size
		part := len(t.Bytes()) / count
		for i := range count {
			b, err := core.TensorOver(t.Type(), batch, t.Bytes()[i*part:][:part])
			if err != nil {
				return nil, fmt.Errorf("--calibrate %s: %w", name, err)
			}
			batches[name] = append(batches[name], b)
		}
	}
	list := make([]map[string]*core.Tensor, count)
	for i := range list {
		list[i] = map[string]*core.Tensor{}
		for name, b := range batches {
			list[i][name] = b[i%len(b)]
		}
	}
	return list, nil
}

// convertONNX writes an ONNX model.
func (c *convertCommand) convertONNX(o *output, m *tf2ng.Model) error {
	options, err := c.onnxOptions(m)
	if err != nil {
		return err
	}
	model, err := onnx.Export(m.Function(), options)
	if err != nil {
		return err
	}
	path := c.path(".onnx")
	size, err := model.WriteFile(path)
	if err != nil {
		return err
	}
	counts := map[onnx.Fidelity]int{}
	for _, n := range model.Report() {
		counts[n.Fidelity]++
	}
	if c.JSON {
		document := map[string]any{"file": path, "bytes": size, "nodes": model.Nodes(), "fidelity": counts}
		if c.Report {
			document["report"] = model.Report()
		}
		return printJSON(o.out, document)
	}
	fmt.Fprintf(o.out, "%s: %d nodes, %d bytes\n", path, model.Nodes(), size)
	fmt.Fprintf(o.out, "of the graph's %d nodes %d exact, %d within one step, %d but for the last bits",
		len(model.Report()), counts[onnx.Exact], counts[onnx.OneStep], counts[onnx.LastBits])
	if n := counts[onnx.OneStepInRange]; n > 0 {
		fmt.Fprintf(o.out, ", %d %s", n, onnx.OneStepInRange)
	}
	fmt.Fprintln(o.out)
	if c.Report {
		printReport(o, model.Report())
	}
	return nil
}

// printReport prints a line for each node.
func printReport(o *output, report []onnx.NodeReport) {
	for _, n := range report {
		line := fmt.Sprintf("%s (%s): %s", n.Node, n.Op, n.Fidelity)
		if n.Why != "" {
			line += ": " + n.Why
		}
		fmt.Fprintf(o.out, "%s [%s]\n", line, strings.Join(n.ONNX, " "))
	}
}
