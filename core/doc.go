// Package core is the intermediate representation of tf2ng: graphs of ops over typed
// tensors. The ops themselves, nGraph's core ops among them, are in the packages below
// core/op; a program that reads graphs imports that package, which registers all.
//
// Data flows one way: an Op is combined with input Values by NewNode, which
// infers and validates; Nodes hang together through their inputs; a Function
// names the Parameters and Results of such a graph. Nodes never change once
// made: rewrites build new ones (see Function.Rewrite).
//
// An op is defined once, in the file op_<name>.go of its family: its documentation, its
// attributes (exported fields), Infer, which does all validation, and Eval, the
// reference in plain loops and in the exact arithmetic of the op's document.
// The registry, the serializer and the documentation derive from that.
package core
