// Package kernels compiles a core.Function into Programs and runs them.
//
// Prepare takes a function of any shapes, and Program compiles it for some: it binds the
// parameters' shapes and has package compile below it make a machine of the function, which
// never changes. What does not depend on the shapes, such as packed weights, is kept for all
// Programs by package share. A Run puts the tensors in order and has the machine (package
// machine) compute the results.
//
// The micro-kernels are packages below this one too, one family each; they know slices and
// structs only.
package kernels
