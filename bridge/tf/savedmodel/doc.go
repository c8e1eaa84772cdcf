// Package savedmodel reads TensorFlow's SavedModels: it turns a SavedModel into a GraphDef without
// variables, and returns its signatures.
//
// A SavedModel is a directory:
//
//	saved_model.pb or .pbtxt   MetaGraphs with tags: a graph, signatures, how variables are restored
//	variables/variables.*      a TensorBundle with the values of the variables; absent if there are none
//	assets, assets.extra       files that ops read, and files that only servers read
//
// The data flows like this:
//
//	Open      bytes of saved_model.pb -> MetaGraph, by its tags -> graph and signatures
//	Freeze    graph, wanted tensors   -> the nodes that these need, without variables
//
// Like TensorFlow Serving, Freeze finds the value of a variable through the graph's own restore operation,
// but instead of running the operation it reads it. It starts at the operation that the SaverDef names,
// enters the functions that are called, and records for each assignment to a variable which key of the
// bundle, and which slice of that tensor, is assigned. If this does not cover a variable, Freeze uses the
// two object graphs, as tf.saved_model.load does: the one in the SavedModel says which object each captured
// input of a function is, and the one in the bundle says under which key the object at the same path was
// saved.
//
// A variable then becomes a constant that borrows its bytes from the bundle. An op that reads it becomes
// an op on that constant:
//
//	VarHandleOp, VariableV2, Variable   Const
//	ReadVariableOp                      Identity
//	ResourceGather, ResourceGatherNd    GatherV2, GatherNd
//	VariableShape                       Shape
//
// Where a variable is passed on to a function, a branch or the body of a loop, the type of the argument
// changes from resource to the type of the variable's elements. So functions remain functions; package tf
// inlines them. Nodes that only training and saving need are ignored. It is an error if the wanted nodes
// both read and change a variable, since then the results of a run would depend on earlier runs.
//
// The files come from outside and are not trusted. Like those of package graphdef, the readers here
// need no generated protobuf messages.
package savedmodel
