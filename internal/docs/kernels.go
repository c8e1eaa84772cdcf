package main

import (
	"maps"
	"slices"
	"strings"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// template is a recorded graph that is translated.
type template struct {
	raw     []byte
	outputs []string
}

// kernels tells how many of the combinations of types for which TensorFlow has a CPU
// kernel are translated.
type kernels struct {
	total   int
	refused []string // as "T1 quint8, T2 quint8"
}

// takes gives the recorded graphs of an op each combination of types in turn. It returns
// nil where there is nothing to tell: TensorFlow's kernels name no types, or the op's
// inputs are a list that only its translator can read.
func takes(o *op, templates []template) *kernels {
	if len(o.peer.TensorFlow.Types) == 0 {
		return nil
	}
	info := information(o.name)
	if slices.ContainsFunc(info.Inputs, func(p string) bool { return strings.Contains(p, ":[") }) {
		return nil
	}
	k := &kernels{}
	for _, row := range o.peer.TensorFlow.Types {
		for _, combination := range expand(row) {
			k.total++
			if !slices.ContainsFunc(templates, func(t template) bool { return t.translates(info, combination) }) {
				k.refused = append(k.refused, describe(combination))
			}
		}
	}
	return k
}

func information(name string) tf.OpInfo {
	list := tf.Supported()
	return list[slices.IndexFunc(list, func(o tf.OpInfo) bool { return o.Name == name })]
}

// expand lists the combinations of a row, which has some types for each attribute.
func expand(row map[string]string) []map[string]string {
	list := []map[string]string{{}}
	for _, attr := range slices.Sorted(maps.Keys(row)) {
		var longer []map[string]string
		for _, m := range list {
			for _, t := range strings.Fields(row[attr]) {
				c := maps.Clone(m)
				c[attr] = t
				longer = append(longer, c)
			}
		}
		list = longer
	}
	return list
}

func describe(combination map[string]string) string {
	var parts []string
	for _, attr := range slices.Sorted(maps.Keys(combination)) {
		parts = append(parts, attr+" "+combination[attr])
	}
	return strings.Join(parts, ", ")
}

// translates reports whether the graph is translated with other types.
func (t template) translates(info tf.OpInfo, types map[string]string) bool {
	g := &graphpb.GraphDef{}
	if proto.Unmarshal(t.raw, g) != nil || !retype(g, info, types) {
		return false
	}
	raw, err := proto.Marshal(g)
	if err != nil {
		return false
	}
	parsed, err := graphdef.Parse(raw, graphdef.Limits{})
	if err != nil {
		return false
	}
	_, err = tf.Translate(parsed, tf.Options{Outputs: t.outputs})
	return err == nil
}

// retype sets the type attributes of the graph's node of the op. An input whose type
// changes becomes a placeholder.
func retype(g *graphpb.GraphDef, info tf.OpInfo, types map[string]string) bool {
	at := slices.IndexFunc(g.Node, func(n *nodepb.NodeDef) bool { return n.Op == info.Name })
	if at < 0 {
		return false
	}
	node := g.Node[at]
	changed := map[string]bool{}
	for attr, name := range types {
		t := typespb.DataType(typespb.DataType_value["DT_"+strings.ToUpper(name)])
		changed[attr] = node.Attr[attr].GetType() != t
		node.Attr[attr] = typeValue(t)
	}
	input := 0
	for _, port := range info.Inputs {
		attr := attribute(port)
		count := 1
		if _, typ, _ := strings.Cut(port, ":"); strings.Contains(typ, "*") {
			length, _, _ := strings.Cut(typ, "*")
			count = int(node.Attr[length].GetI())
		}
		for range count {
			if changed[attr] {
				node.Input[input] = placeholder(g, node.Input[input], node.Attr[attr])
			}
			input++
		}
	}
	return true
}

func typeValue(t typespb.DataType) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: t}}
}

// placeholder adds one in the place of a tensor, of its shape if that is told.
func placeholder(g *graphpb.GraphDef, tensor string, t *attrpb.AttrValue) string {
	producer, _, _ := strings.Cut(tensor, ":")
	shape := &shapepb.TensorShapeProto{UnknownRank: true}
	for _, n := range g.Node {
		switch {
		case n.Name != producer:
		case n.Attr["value"].GetTensor() != nil:
			shape = n.Attr["value"].GetTensor().GetTensorShape()
		case n.Attr["shape"].GetShape() != nil:
			shape = n.Attr["shape"].GetShape()
		}
	}
	name := producer + "_retyped"
	g.Node = append(g.Node, &nodepb.NodeDef{Name: name, Op: "Placeholder", Attr: map[string]*attrpb.AttrValue{
		"dtype": t, "shape": {Value: &attrpb.AttrValue_Shape{Shape: shape}},
	}})
	return name
}
