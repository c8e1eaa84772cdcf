package main

import (
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/export/onnx"
)

// onnxFlags say how to write an ONNX model.
type onnxFlags struct {
	Opset  int    `help:"With --format onnx: the opset, 13 to 23." default:"21"`
	Form   string `name:"onnx-form" help:"With --format onnx: qdq: float ops between DequantizeLinear and QuantizeLinear; qoperator: QLinearConv; integer: ConvInteger, followed by each step." default:"qdq" enum:"qdq,qoperator,integer"`
	Sums   string `name:"onnx-sums" help:"With --format onnx: reals: a tensor is added to the product of a convolution as it is; bytes: the product is rounded to 8 bits before, where that moves no result by more than a step." default:"reals" enum:"reals,bytes"`
	Report bool   `help:"With --format onnx: say for each node whether it is exact and, if not, why."`
}

var defaultONNX = onnxFlags{Opset: onnx.DefaultOpset, Form: string(onnx.QDQ), Sums: string(onnx.SumsOfReals)}

// convertONNX writes an ONNX model.
func (c *convertCommand) convertONNX(o *output, m *tf2ng.Model) error {
	model, err := onnx.Export(m.Function(), onnx.Options{
		Opset: c.Opset, Form: onnx.Form(c.Form), Sums: onnx.Sums(c.Sums),
	})
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
	fmt.Fprintf(o.out, "of the graph's %d nodes %d exact, %d within one step, %d but for the last bits\n",
		len(model.Report()), counts[onnx.Exact], counts[onnx.OneStep], counts[onnx.LastBits])
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
