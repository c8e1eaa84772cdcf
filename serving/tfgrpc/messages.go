package tfgrpc

import (
	"github.com/wamuir/graft/tensorflow/core/example/example_protos_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
)

// protosOf converts tensors to messages.
func protosOf(tensors map[string]*tf2ng.Tensor) map[string]*tensor_go_proto.TensorProto {
	out := make(map[string]*tensor_go_proto.TensorProto, len(tensors))
	for alias, t := range tensors {
		out[alias] = protoOf(t)
	}
	return out
}

// bytesOf returns how many bytes the elements of tensors take. The contents of strings are not counted.
func bytesOf(tensors map[string]*tf2ng.Tensor) int64 {
	n := int64(0)
	for _, t := range tensors {
		size := t.Type().Size()
		if t.Type() == tf2ng.String {
			size = stringSize
		}
		n += int64(t.Len()) * int64(size)
	}
	return n
}

// exampleOf converts a tf.Example message.
func exampleOf(p *example_protos_go_proto.Example) serving.Example {
	e := serving.Example{}
	for name, f := range p.GetFeatures().GetFeature() {
		feature := serving.Feature{Floats: f.GetFloatList().GetValue(), Ints: f.GetInt64List().GetValue()}
		for _, b := range f.GetBytesList().GetValue() {
			feature.Bytes = append(feature.Bytes, string(b))
		}
		e[name] = feature
	}
	return e
}
