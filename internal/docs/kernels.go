package main

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// template is a recorded graph that can be translated, and that is tried with other types.
type template struct {
	raw     []byte
	outputs []string
}

// kernels says which combinations of types are translated, of those for which TensorFlow has a CPU kernel.
type kernels struct {
	total   int
	refused []string // the combinations that are not translated, such as "T1 quint8, T2 quint8"
}

// takes tries to translate the recorded graphs of an op with each combination of types in turn. It returns
// nil if there is nothing to try: TensorFlow's kernels name no types, or the op's inputs are a list that
// only its translator can read.
func takes(info tf.OpInfo, templates []template) *kernels {
	if slices.ContainsFunc(info.Inputs, func(p string) bool { return strings.Contains(p, ":[") }) {
		return nil
	}
	k := &kernels{}
	for _, row := range info.Kernels {
		for _, combination := range expand(row) {
			k.total++
			if !slices.ContainsFunc(templates, func(t template) bool { return t.translates(info, combination) }) {
				k.refused = append(k.refused, describe(combination))
			}
		}
	}
	if k.total == 0 {
		return nil
	}
	return k
}

// expand lists the combinations of types in a row, which has one or more types for each attribute.
func expand(row map[string][]string) []map[string]string {
	list := []map[string]string{{}}
	for _, attr := range slices.Sorted(maps.Keys(row)) {
		var longer []map[string]string
		for _, m := range list {
			for _, t := range row[attr] {
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

// translates reports whether the graph can be translated with the given types.
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

// retype sets the type attributes of the first node with the op, and replaces its inputs whose types change.
// It returns false if the graph has no such node.
func retype(g *graphpb.GraphDef, info tf.OpInfo, types map[string]string) bool {
	at := slices.IndexFunc(g.Node, func(n *nodepb.NodeDef) bool { return n.Op == info.Name })
	if at < 0 {
		return false
	}
	node := g.Node[at]
	changed := map[string]bool{}
	for attr, name := range types {
		t := typeByName(name)
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
				node.Input[input] = replaced(g, node.Input[input], node.Attr[attr])
			}
			input++
		}
	}
	return true
}

func typeValue(t typespb.DataType) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: t}}
}

// replaced adds a node that replaces a tensor by one of another type, with the same shape if that is known.
// It is a constant if the tensor is a constant of indices, and otherwise a placeholder. The result is the
// name of the node.
func replaced(g *graphpb.GraphDef, tensor string, t *attrpb.AttrValue) string {
	producer, _, _ := strings.Cut(tensor, ":")
	name := producer + "_retyped"
	shape := &shapepb.TensorShapeProto{UnknownRank: true}
	for _, n := range g.Node {
		if n.Name != producer {
			continue
		}
		value := n.Attr["value"].GetTensor()
		if list, ok := indices(value); ok && isIndex(t.GetType()) {
			g.Node = append(g.Node, &nodepb.NodeDef{Name: name, Op: "Const", Attr: map[string]*attrpb.AttrValue{
				"dtype": t,
				"value": {Value: &attrpb.AttrValue_Tensor{Tensor: indexTensor(t.GetType(), value.TensorShape, list)}},
			}})
			return name
		}
		if value != nil {
			shape = value.TensorShape
		} else if s := n.Attr["shape"].GetShape(); s != nil {
			shape = s
		}
	}
	g.Node = append(g.Node, &nodepb.NodeDef{Name: name, Op: "Placeholder", Attr: map[string]*attrpb.AttrValue{
		"dtype": t, "shape": {Value: &attrpb.AttrValue_Shape{Shape: shape}},
	}})
	return name
}

func isIndex(t typespb.DataType) bool {
	return t == typespb.DataType_DT_INT32 || t == typespb.DataType_DT_INT64
}

// indices returns the values of a constant of an index type (int32 or int64).
func indices(t *tensorpb.TensorProto) (list []int64, ok bool) {
	if t == nil || !isIndex(t.Dtype) {
		return nil, false
	}
	for _, v := range t.IntVal {
		list = append(list, int64(v))
	}
	list = append(list, t.Int64Val...)
	if t.Dtype == typespb.DataType_DT_INT32 {
		for b := t.TensorContent; len(b) >= 4; b = b[4:] {
			list = append(list, int64(int32(binary.LittleEndian.Uint32(b))))
		}
		return list, true
	}
	for b := t.TensorContent; len(b) >= 8; b = b[8:] {
		list = append(list, int64(binary.LittleEndian.Uint64(b)))
	}
	return list, true
}

func indexTensor(t typespb.DataType, shape *shapepb.TensorShapeProto, list []int64) *tensorpb.TensorProto {
	out := &tensorpb.TensorProto{Dtype: t, TensorShape: shape}
	for _, v := range list {
		if t == typespb.DataType_DT_INT32 {
			out.IntVal = append(out.IntVal, int32(v))
		} else {
			out.Int64Val = append(out.Int64Val, v)
		}
	}
	return out
}
