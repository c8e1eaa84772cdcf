// Package core is the intermediate representation of tf2ng: graphs of ops over typed tensors. The ops
// themselves, nGraph's core ops among them, are in the packages below core/op. A program that reads graphs
// imports package core/op, which registers all of them.
//
// Data flows one way. NewNode combines an Op with input Values, validates them and infers the outputs.
// Nodes are connected through their inputs. A Function names the Parameters and Results of such a graph.
// Nodes never change once they are created: rewrites build new ones (see Function.Rewrite).
//
// An op is defined once, in the file op_<name>.go of its family: its documentation, its attributes (the
// exported fields), Infer, which does all validation, and Eval, the reference in plain loops and in the
// exact arithmetic that the documentation defines. The registry, the file format and the generated
// documentation derive from that.
package core
