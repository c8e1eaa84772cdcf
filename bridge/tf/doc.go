// Package tf translates TensorFlow GraphDefs to Functions of package core.
//
// It never computes: each TensorFlow op is one row of a table, in its family's
// op_<family>.go, which says the op's signature and a translator that emits core ops.
// The signature gives the number, names and element types of inputs and outputs, so
// they are checked in one place. Quantized ops go through package builders, with
// TensorFlow's arithmetic.
//
// Every core node carries the TensorFlow node and op it came from (core.Origin), and
// every TensorFlow tensor stands in Function.Names under its full name, "conv1:0".
package tf
