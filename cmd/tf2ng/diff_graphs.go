package main

import (
	"os"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

// graph is a GraphDef, which all that need it share.
type graph struct {
	data   []byte // in binary form
	parsed *graphdef.Graph
}

// maxGraph bounds the bytes of a GraphDef that is given to TensorFlow, which is protobuf's own bound.
const maxGraph = 1<<31 - 1

// read returns the GraphDef in a file, which it reads once, in binary or text form; nil for what is none.
func (d *diff) read(path string) (*graph, error) {
	if g, known := d.graphs[path]; known {
		return g, nil
	}
	g, err := readGraphDef(path)
	if err != nil {
		return nil, err
	}
	d.keepGraph(path, g)
	return g, nil
}

// keepGraph has read return a graph for a path.
func (d *diff) keepGraph(path string, g *graph) {
	if d.graphs == nil {
		d.graphs = map[string]*graph{}
	}
	d.graphs[path] = g
}

func readGraphDef(path string) (*graph, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > maxGraph {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if graphdef.IsText(data) {
		if data, err = pbtxt.ToBinary(data); err != nil {
			return nil, nil //nolint:nilerr // whoever loads it tells what is wrong
		}
	}
	parsed, err := graphdef.Parse(data, graphdef.Limits{})
	if err != nil {
		return nil, nil //nolint:nilerr // likewise
	}
	return &graph{data, parsed}, nil
}
