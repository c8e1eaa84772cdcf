// Package product says what a product of the graph becomes before kernels multiply: a convolution or a matrix product,
// of integers or of reals. It reads nodes and makes what packing and running a kernel need, and knows no instructions:
//
//	ZeroPoint         the data's zero point, as unsigned bytes
//	Weights           constant weights as signed bytes, and the start values of their accumulators
//	ComputedWeights   the same for weights that each run computes
//	Epilogue          post-ops, if the kernels' chain has all of them
//	PostOps           post-ops, if it has not: they are applied to stored accumulators
//	Pairs, Matrices   which matrices of two tensors are multiplied, and where they are
//
// Package window says which pixels a convolution multiplies.
package product
