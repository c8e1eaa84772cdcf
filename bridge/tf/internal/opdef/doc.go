// Package opdef is what TensorFlow itself says about ops and their nodes: the inputs and
// outputs of an op, the types of a node's values, for which types there are kernels, and
// the tensors and shapes in a node's attributes.
package opdef
