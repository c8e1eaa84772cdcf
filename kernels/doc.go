// Package kernels compiles a core.Function into Programs and runs them.
//
// Prepare accepts a function whose shapes may still be unknown. Prepared.Program compiles it for one
// set of parameter shapes: it binds the shapes, and package internal/compile lowers the function to an
// immutable machine (package internal/machine). What does not depend on the shapes, such as packed
// weights, is made once and shared by all Programs (package internal/share). A Run matches the caller's
// tensors to parameters and results by name, and the machine computes the results.
//
// The micro-kernels are in packages under internal too, one for each family. They work on slices and
// structs and know nothing of graphs.
package kernels
