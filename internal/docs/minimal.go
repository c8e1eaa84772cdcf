package main

import (
	"fmt"
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

// minimal returns a graph that consists of one op and of placeholders of unknown shape for its inputs. It is
// used for ops of which no graph is recorded. Attributes other than types have their defaults.
func minimal(info tf.OpInfo) (*graphdef.Graph, error) {
	otherwise := typespb.DataType_DT_FLOAT
	if info.Quantized {
		otherwise = typespb.DataType_DT_QUINT8
	}
	node := &nodepb.NodeDef{Name: "op", Op: info.Name, Attr: map[string]*attrpb.AttrValue{}}
	for _, attr := range typeAttributes(info) {
		node.Attr[attr] = typeValue(otherwise)
		if len(info.Kernels) > 0 && len(info.Kernels[0][attr]) > 0 {
			node.Attr[attr] = typeValue(typeByName(info.Kernels[0][attr][0]))
		}
	}
	g := &graphpb.GraphDef{}
	for i, port := range info.Inputs {
		_, name, _ := strings.Cut(port, ":")
		t := typeValue(typeByName(name))
		if attr := attribute(port); attr != "" {
			t = node.Attr[attr]
		}
		if t.GetType() == typespb.DataType_DT_INVALID {
			continue // a list, which is left empty
		}
		in := &nodepb.NodeDef{Name: fmt.Sprintf("in%d", i), Op: "Placeholder", Attr: map[string]*attrpb.AttrValue{
			"dtype": t, "shape": {Value: &attrpb.AttrValue_Shape{Shape: &shapepb.TensorShapeProto{UnknownRank: true}}},
		}}
		g.Node = append(g.Node, in)
		node.Input = append(node.Input, in.Name)
	}
	g.Node = append(g.Node, node)
	raw, err := proto.Marshal(g)
	if err != nil {
		return nil, err
	}
	return graphdef.Parse(raw, graphdef.Limits{})
}

func typeByName(name string) typespb.DataType {
	return typespb.DataType(typespb.DataType_value["DT_"+strings.ToUpper(name)])
}
