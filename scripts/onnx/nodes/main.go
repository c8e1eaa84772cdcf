// Command nodes writes what scripts/onnx compares: a model as ONNX, and each of its nodes as a model of its own, with
// inputs and the outputs that tf2ng computes from them.
//
//	nodes -model MODEL.pb -input INPUT.npy -calibrate INPUTS.npy -dir DIR
//	nodes -goldens testdata/goldens [-form integer] -dir DIR
//	nodes -alone -dir DIR
//
// DIR then holds index.json; for a model qdq.onnx, qoperator.onnx, integer.onnx, bytes.onnx (qdq with sums of bytes)
// and calibrated.onnx (these in the ranges that INPUTS give, and for nodes alone INPUT); and for node i of the
// function, or recorded graph i, i.onnx, and i.npz with the inputs x0, x1, ... and the outputs y0, y1, ... A node that
// qoperator, bytes or calibrated writes in another way than qdq has an entry of its own for that, with i.FORM.onnx.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx"
	"github.com/tf2ng/tf2ng/internal/npy"
	"github.com/tf2ng/tf2ng/kernels"
)

// node is an entry of index.json.
type node struct {
	File     string        `json:"file"`   // name of the model's file without extension
	Arrays   string        `json:"arrays"` // name of the arrays' file without extension
	Form     string        `json:"form"`
	Name     string        `json:"name"`
	Op       string        `json:"op"`
	Inputs   []string      `json:"inputs"`  // names in the ONNX model of x0, x1, ...
	Outputs  []string      `json:"outputs"` // names in the ONNX model of y0, y1, ...
	Fidelity onnx.Fidelity `json:"fidelity"`
	ONNX     []string      `json:"onnx"`
}

// forms are how models are written, by name.
var forms = map[string]onnx.Options{
	"qdq":       {Form: onnx.QDQ},
	"qoperator": {Form: onnx.QOperator},
	"integer":   {Form: onnx.Integer},
	"bytes":     {Form: onnx.QDQ, Sums: onnx.SumsOfBytes},
	calibrated:  {Form: onnx.QDQ, Sums: onnx.SumsOfBytes},
}

// calibrated is the form that needs inputs.
const calibrated = "calibrated"

func main() {
	model := flag.String("model", "", "a GraphDef")
	input := flag.String("input", "", "an .npy of its only input")
	inputs := flag.String("calibrate", "", "an .npy of the input for the ranges of the form calibrated")
	dir := flag.String("dir", "", "the directory to fill")
	goldens := flag.String("goldens", "", "a directory of recorded graphs, in place of a model")
	form := flag.String("form", "qdq", "how recorded graphs are written")
	others := flag.Bool("alone", false, "nodes of the ops that no recorded graph computes, in place of a model")
	flag.Parse()
	var err error
	switch {
	case *goldens != "":
		err = recorded(*goldens, *form, *dir)
	case *others:
		err = writeAlone(*dir)
	default:
		err = run(*model, *input, *inputs, *dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func read(path string) (*core.Tensor, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return npy.Read(bytes.NewReader(data), int64(len(data)))
}

func run(path, input, inputs, dir string) error {
	m, err := tf2ng.Load(path)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	x, err := read(input)
	if err != nil {
		return err
	}
	all, err := read(inputs)
	if err != nil {
		return err
	}
	for form, options := range forms {
		if form == calibrated {
			options.Calibration = []map[string]*core.Tensor{{m.Inputs()[0].Name: all}}
		}
		model, err := onnx.Export(m.Function(), options)
		if err != nil {
			return err
		}
		if _, err := model.WriteFile(filepath.Join(dir, form+".onnx")); err != nil {
			return err
		}
	}
	f, err := onnx.Prepare(m.Function())
	if err != nil {
		return err
	}
	values, err := evaluate(f, x)
	if err != nil {
		return err
	}
	return writeNodes(f, values, dir)
}

// evaluate returns the values of all computed nodes.
func evaluate(f *core.Function, x *core.Tensor) (map[core.Value]*core.Tensor, error) {
	if len(f.Parameters) != 1 {
		return nil, fmt.Errorf("got %d inputs, want one", len(f.Parameters))
	}
	g := &core.Function{Parameters: f.Parameters, Meta: f.Meta}
	names := map[string]core.Value{}
	for i, n := range f.Nodes() {
		for k := range n.Outputs() {
			if !n.IsComputed() {
				continue
			}
			name := fmt.Sprintf("%d_%d", i, k)
			r, err := core.NewNamedNode(name, &core.Result{}, n.Out(k))
			if err != nil {
				return nil, err
			}
			g.Results, names[name] = append(g.Results, r), n.Out(k)
		}
	}
	p := f.Parameters[0]
	compiled, err := kernels.Compile(g, map[string]core.Shape{p.Name: x.Shape()}, kernels.Options{WithoutQDQ: true})
	if err != nil {
		return nil, err
	}
	out, err := compiled.Run(context.Background(), map[string]*core.Tensor{p.Name: x}, nil)
	if err != nil {
		return nil, err
	}
	values := map[core.Value]*core.Tensor{p.Out(0): x}
	for name, v := range names {
		values[v] = out[name]
	}
	return values, nil
}

func writeNodes(f *core.Function, values map[core.Value]*core.Tensor, dir string) error {
	var index []node
	for i, n := range f.Nodes() {
		if !n.IsComputed() {
			continue
		}
		entries, err := writeNode(n, values, dir, strconv.Itoa(i))
		if err != nil {
			return fmt.Errorf("node %q: %w", n.Name, err)
		}
		index = append(index, entries...)
	}
	return writeIndex(index, dir)
}

func writeIndex(index []node, dir string) error {
	data, err := json.MarshalIndent(index, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.json"), data, 0o644)
}

// writeNode writes models of a single node, in which the node's computed inputs are parameters: in the form qdq, and
// in qoperator and bytes where these differ.
func writeNode(n *core.Node, values map[core.Value]*core.Tensor, dir, file string) ([]node, error) {
	entry := node{File: file, Name: n.Name, Op: n.OpName(), Inputs: []string{}}
	g := &core.Function{}
	var arrays []npy.Array
	inputs := make([]core.Value, len(n.Inputs()))
	known := map[core.Value]core.Value{}
	for i, v := range n.Inputs() {
		if v.Constant() != nil {
			inputs[i] = v
			continue
		}
		if known[v].Node == nil {
			t := values[v]
			p, err := core.NewNamedNode(fmt.Sprintf("x%d", len(g.Parameters)), &core.Parameter{Type: t.Type(), Shape: t.Shape()})
			if err != nil {
				return nil, err
			}
			known[v] = p.Out(0)
			g.Parameters = append(g.Parameters, p)
			arrays = append(arrays, npy.Array{Name: p.Name, Tensor: t})
			entry.Inputs = append(entry.Inputs, p.Name+":0")
		}
		inputs[i] = known[v]
	}
	alone, err := core.NewNamedNode(n.Name, n.Op(), inputs...)
	if err != nil {
		return nil, err
	}
	for i := range alone.Outputs() {
		if alone.Out(i).Constant() != nil || values[n.Out(i)] == nil {
			continue
		}
		name := fmt.Sprintf("y%d", len(g.Results))
		r, err := core.NewNamedNode(name, &core.Result{}, alone.Out(i))
		if err != nil {
			return nil, err
		}
		g.Results = append(g.Results, r)
		arrays = append(arrays, npy.Array{Name: name, Tensor: values[n.Out(i)]})
		entry.Outputs = append(entry.Outputs, name)
	}
	qdq, err := entry.write(g, "qdq", arrays, dir)
	if err != nil {
		return nil, err
	}
	entries := []node{qdq}
	for _, form := range []string{"qoperator", "bytes", calibrated} {
		entry.File = file + "." + form
		other, err := entry.export(g, form, arrays, dir)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(qdq.ONNX, other.ONNX) {
			other.Arrays = qdq.Arrays
			entries = append(entries, other)
		}
	}
	return entries, nil
}

// write writes a graph in a form, and its arrays.
func (entry node) write(g *core.Function, form string, arrays []npy.Array, dir string) (node, error) {
	entry, err := entry.export(g, form, arrays, dir)
	if err != nil {
		return entry, err
	}
	entry.Arrays = entry.File
	out, err := os.Create(filepath.Join(dir, entry.Arrays+".npz"))
	if err != nil {
		return entry, err
	}
	return entry, errors.Join(npy.WriteArchive(out, arrays), out.Close())
}

// export writes a graph in a form.
func (entry node) export(g *core.Function, form string, arrays []npy.Array, dir string) (node, error) {
	options := forms[form]
	if form == calibrated {
		feeds := map[string]*core.Tensor{}
		for _, a := range arrays[:len(g.Parameters)] {
			feeds[a.Name] = a.Tensor
		}
		options.Calibration = []map[string]*core.Tensor{feeds}
	}
	model, err := onnx.Export(g, options)
	if err != nil {
		return entry, err
	}
	entry.Form, entry.Fidelity = form, onnx.Exact
	for _, r := range model.Report() {
		entry.ONNX = append(entry.ONNX, strings.Join(r.ONNX, " "))
		if r.Fidelity == onnx.OneStepInRange { // the inputs are those that it was calibrated with
			r.Fidelity = onnx.OneStep
		}
		if r.Fidelity != onnx.Exact && entry.Fidelity != onnx.OneStep {
			entry.Fidelity = r.Fidelity
		}
	}
	_, err = model.WriteFile(filepath.Join(dir, entry.File+".onnx"))
	return entry, err
}
