// Package tf translates TensorFlow GraphDefs to Functions of package core.
//
// It inlines functions, finds inputs and outputs, decides conditionals, and has each node
// that is left translated by its op's row of the table in internal/ops.
//
// Every core node carries the TensorFlow node and op it came from (core.Origin), and
// every TensorFlow tensor stands in Function.Names under its full name, "conv1:0".
package tf
