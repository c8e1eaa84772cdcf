package main

import (
	"os"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

// graph is a GraphDef that was read. It is shared by everything that needs it.
type graph struct {
	data   []byte // the GraphDef in binary form
	parsed *graphdef.Graph
}

// maxGraph bounds the bytes of a GraphDef that is given to TensorFlow. It is protobuf's own limit.
const maxGraph = 1<<31 - 1

// read returns the GraphDef in a file, in binary or text form; nil if the file has none. It reads each file
// only once.
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

// keepGraph makes read return the given graph for a path.
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
			return nil, nil //nolint:nilerr // loading the model reports what is wrong
		}
	}
	parsed, err := graphdef.Parse(data, graphdef.Limits{})
	if err != nil {
		return nil, nil //nolint:nilerr // likewise
	}
	return &graph{data, parsed}, nil
}
