// Package kernels compiles a core.Function into a Program and runs it.
//
// Data flows one way: Compile binds the parameters' shapes, takes the function
// through internal/passes, asks the lowering of each node's op for an instruction
// (lower.go lists them; a node without one runs its op's reference), and plans
// where every value lives in one arena (plan.go). A Program never changes after
// that. Run takes an arena from the Program's pool and goes through the
// instructions with one goroutine per thread (run.go).
//
// The micro-kernels are in the packages below this one, one family each; they know
// slices and structs only.
package kernels
