package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
)

// savedModelDir returns the directory of a SavedModel, given the path of the directory or of its
// saved_model.pb; "" if the path is something else.
func savedModelDir(path string) string {
	files := []string{savedmodel.Binary, savedmodel.Text}
	if slices.Contains(files, filepath.Base(path)) {
		return filepath.Dir(path)
	}
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

// openSavedModel makes TensorFlow load a SavedModel as the right side. With --nodes, TensorFlow turns it into
// a graph that both sides use, and the names of inputs and outputs in the command are replaced by those of
// the graph.
func (d *diff) openSavedModel(ctx context.Context, e *tensorflow.Engine, dir string, opened *side) error {
	c := d.command
	r, err := e.OpenSavedModel(ctx, tensorflow.SavedModel{Dir: dir, Tags: c.Tags, Signature: c.Signature})
	if err != nil {
		return err
	}
	if opened.Runner = r; !c.Nodes {
		return nil
	}
	data, names, err := r.Freeze(ctx)
	if err != nil {
		return fmt.Errorf("--nodes: the signature cannot be made one graph, leave out --nodes: %w", err)
	}
	parsed, err := graphdef.Parse(data, graphdef.Limits{})
	if err != nil {
		return fmt.Errorf("--nodes: the graph that TensorFlow made of the signature: %w", err)
	}
	g := &graph{data, parsed}
	d.keepGraph(c.Model, g)
	c.graph, opened.graph = g.parsed, g
	c.Signature, c.Tags = "", nil
	rename(c.Input, names.Inputs)
	rename(c.Shape, names.Inputs)
	if rename(c.Output, names.Outputs); len(c.Output) == 0 {
		c.Output = slices.Sorted(maps.Values(names.Outputs))
	}
	d.outputs = c.Output
	d.notes = append(d.notes, fmt.Sprintf("the nodes are those of the graph that TensorFlow makes of the signature: "+
		"variables are constants, functions are inlined; %s", meaning(names)))
	if opened.Runner, err = e.Open(ctx, data); err != nil {
		return err
	}
	opened.Runner, err = d.withConstants(ctx, opened.Runner)
	return err
}

// rename replaces the signature's names at the beginning of arguments by the names of the graph's tensors.
func rename(arguments []string, names map[string]string) {
	for i, s := range arguments {
		end := len(s)
		if at := strings.IndexAny(s, ":="); at >= 0 {
			end = at
		}
		if tensor, ok := names[s[:end]]; ok {
			arguments[i] = strings.TrimSuffix(tensor, ":0") + s[end:]
		}
	}
}

// meaning returns a text that says which tensors of the graph the signature's names stand for.
func meaning(names *tensorflow.Names) string {
	var list []string
	for _, some := range []map[string]string{names.Inputs, names.Outputs} {
		for _, name := range slices.Sorted(maps.Keys(some)) {
			list = append(list, fmt.Sprintf("%s is %s", name, some[name]))
		}
	}
	return strings.Join(list, ", ")
}
