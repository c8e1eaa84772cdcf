// Package tf translates TensorFlow GraphDefs to Functions of package core.
//
// It inlines functions, finds the inputs and outputs, decides conditionals whose predicate is known, and
// then translates each remaining node by the row of its op in the table of internal/ops.
//
// Every core node records the TensorFlow node and op that it came from (core.Origin), and Function.Names
// has every TensorFlow tensor under its full name, "conv1:0".
package tf
