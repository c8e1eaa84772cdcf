// Package savedmodel reads TensorFlow's SavedModels: it makes of one a GraphDef without variables,
// and tells its signatures.
//
// A SavedModel is a directory:
//
//	saved_model.pb or .pbtxt   MetaGraphs with tags: a graph, signatures, how variables are restored
//	variables/variables.*      a TensorBundle: what the variables hold; absent if there are none
//	assets, assets.extra       files that ops read, and what only servers read
//
// The way of the data:
//
//	Open      bytes of saved_model.pb -> MetaGraph, by its tags -> graph and signatures
//	Freeze    graph, wanted tensors   -> the nodes that these need, without variables
//
// Freeze finds out what a variable holds as TensorFlow Serving does: by the graph's own operation
// that restores it, which is not run but read. It starts at the operation that the SaverDef names,
// enters the functions that are called, and notes for each assignment to a variable which key of the
// bundle, and which slice of it, is assigned. Where that says nothing of a variable, the object graphs tell it,
// as they do tf.saved_model.load: that of the SavedModel says which object each captured input of a
// function is, and that of the bundle under which key the object at the same path was saved.
//
// A variable then becomes a constant that borrows its bytes from the bundle. What reads it becomes an
// op on that constant:
//
//	VarHandleOp, VariableV2, Variable   Const
//	ReadVariableOp                      Identity
//	ResourceGather, ResourceGatherNd    GatherV2, GatherNd
//	VariableShape                       Shape
//
// Where a variable is handed on, to a function, a branch or the body of a loop, the type of the
// argument changes from resource to that of the elements. So functions stay functions, which
// package tf inlines. What has to do with training and saving alone is not looked at. What changes
// a variable that is also read is an error, since then a run would depend on those before it.
//
// The files come from outside and are not trusted. Like those of package graphdef, the readers here
// need no generated messages.
package savedmodel
