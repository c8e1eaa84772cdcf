package graphdef

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers.
const (
	graphNode     protowire.Number = 1
	graphLibrary  protowire.Number = 2
	graphVersions protowire.Number = 4

	versionsProducer    protowire.Number = 1
	versionsMinConsumer protowire.Number = 2

	libraryFunction protowire.Number = 1
)

// Parse reads a binary GraphDef. Zero fields of limits stand for their defaults.
//
// The graph borrows data: it must neither change nor be unmapped while the graph, one of its
// tensors or a slice of one is in use. The names are distinct, all inputs exist and no node reads
// itself; cycles are found by [Graph.Order].
//
// Errors are of type [*Error]. Files that are not GraphDefs at all are named: see [Recognise] and [ErrEmpty].
func Parse(data []byte, limits Limits) (*Graph, error) {
	r := &reader{
		src:    &source{data: data, limits: limits.withDefaults()},
		out:    &Graph{},
		names:  map[string]string{},
		inputs: graphNotation,
	}
	r.src.expanded.left.Store(r.src.limits.Expanded)
	if len(data) == 0 {
		return nil, errorf(ErrEmpty, "empty file, want a GraphDef")
	}
	if len(data) > r.src.limits.Bytes {
		return nil, errorf(ErrLimit, "%d bytes, the limit is %d", len(data), r.src.limits.Bytes)
	}
	if err := r.graph(); err != nil {
		if other := Recognise(data); other != nil {
			return nil, other
		}
		return nil, err
	}
	return r.out, nil
}

// reader is the state of one Parse.
type reader struct {
	src   *source
	out   *Graph
	nodes int               // counted so far, with functions, against Limits.Nodes
	edges int               // counted so far, against Limits.Edges
	names map[string]string // ops, devices and attribute names: each is kept once

	inputs notation // of the node that is being read: a graph's or a function's
}

func (r *reader) graph() error {
	whole := span{0, len(r.src.data)}
	if err := r.count(whole, graphNode); err != nil {
		return err
	}
	r.out.Nodes = make([]Node, 0, r.nodes)
	for f, err := range r.src.fields(whole) {
		if err != nil {
			return err
		}
		switch f.number {
		case graphNode:
			r.out.Nodes = r.out.Nodes[:len(r.out.Nodes)+1]
			err = r.node(f, &r.out.Nodes[len(r.out.Nodes)-1])
		case graphLibrary:
			err = r.library(f)
		case graphVersions:
			err = r.versions(f)
		}
		if err != nil {
			return err
		}
	}
	return r.out.link()
}

// count adds the fields with the given number in m, which are nodes, to r.nodes. It touches only
// the lengths, not the nodes.
func (r *reader) count(m span, number protowire.Number) error {
	for f, err := range r.src.fields(m) {
		if err != nil {
			return err
		}
		if f.number != number {
			continue
		}
		if r.nodes++; r.nodes > r.src.limits.Nodes {
			return errorAt(f.at, ErrLimit, "more than %d nodes, which is the limit", r.src.limits.Nodes)
		}
		if err := f.want(protowire.BytesType, "a node"); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) versions(f field) error {
	if err := f.want(protowire.BytesType, "versions"); err != nil {
		return err
	}
	for f, err := range r.src.fields(f.payload) {
		if err != nil {
			return err
		}
		switch f.number {
		case versionsProducer:
			r.out.Versions.Producer, err = int(int32(f.bits)), f.want(protowire.VarintType, "producer version")
		case versionsMinConsumer:
			r.out.Versions.MinConsumer, err = int(int32(f.bits)), f.want(protowire.VarintType, "min_consumer version")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) library(f field) error {
	if err := f.want(protowire.BytesType, "library"); err != nil {
		return err
	}
	for f, err := range r.src.fields(f.payload) {
		if err == nil && f.number == libraryFunction {
			err = r.function(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// name is text for strings that recur.
func (r *reader) name(f field, what string) (string, error) {
	if f.wire == protowire.BytesType {
		if known, ok := r.names[string(r.src.bytes(f.payload))]; ok {
			return known, nil
		}
	}
	s, err := r.src.text(f, what)
	if err == nil {
		r.names[s] = s
	}
	return s, err
}
