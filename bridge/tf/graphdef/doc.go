// Package graphdef reads TensorFlow's GraphDef: the nodes, their inputs and attributes, and the tensors of constants.
//
// The bytes come from outside and are not trusted. They may be a memory-mapped file: [Parse] goes
// through them in one pass and checks counts, lengths and numbers before it allocates. Attributes
// and tensors are kept as positions in the file until they are asked for; the contents of tensors
// are borrowed, never copied, so the bytes must outlive the graph.
//
// Nesting needs no limit: the reader descends a fixed number of levels (graph, library, function,
// node, attribute, list, tensor, shape, dimension) and skips by its length whatever lies below,
// such as the attributes of a function-valued attribute.
//
// The messages are those of tensorflow/core/framework: graph.proto, node_def.proto,
// attr_value.proto, tensor.proto, tensor_shape.proto, types.proto, function.proto and
// versions.proto. Unknown fields are skipped. Where protocol buffers let the last of several values
// win or drop a value's upper bits, this reader reports an error: no writer makes such files.
package graphdef
