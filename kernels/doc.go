// Package kernels compiles a core.Function into Programs and runs them.
//
// Prepare takes a function of any shapes, and Program compiles it for some: it binds the
// parameters' shapes, takes the function through internal/passes, asks the lowering of each
// node's op for instructions (lower.go lists them; a node without one runs its op's
// reference), and plans where every value lives in one arena (plan.go). What does not depend
// on the shapes, such as packed weights, is kept in a store for all Programs (store.go).
//
// A Program never changes. Its machine is planned (planned.go): a Run takes an arena and goes
// through the instructions with one goroutine per thread (schedule.go). The reference engine
// has an interpreted one (interpreted.go), and graphs some of whose shapes depend on data have
// one with a plan and a tail that is interpreted (dynamic.go).
//
// The micro-kernels are in the packages below this one, one family each; they know
// slices and structs only.
package kernels
