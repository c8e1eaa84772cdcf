// Package op registers every op of the packages below it, a family each. A program that
// reads graphs imports it, since a file may hold any op:
//
//	import _ "github.com/tf2ng/tf2ng/core/op"
//
// One that only builds graphs imports the families that it builds with.
//
//   - array arranges elements: reshape, transpose, concat, pad, tile
//   - indexing chooses elements by indices, and finds indices: gather, slice, scatter, top k
//   - pointwise computes each element from those at the same place: arithmetic, functions, conversions
//   - reduce makes one element of those along axes
//   - normalize scales elements by what they are together: softmax, batch norm
//   - linear sums products: convolutions, dot products, einsum, and the steps that follow integer sums
//   - matrix inverts and factors matrices, and solves equations
//   - pooling makes one element of each window
//   - quantization is nGraph's way between reals and integers: scales and zero points
//   - random makes random numbers of keys and counters
//   - tensorflow is TensorFlow's: ranges from min to max, in TensorFlow's own arithmetic
//   - parsing reads what is in strings: tf.Examples
//   - codec reads files of images
//   - sparse divides and joins rows by numbers, and works on ragged and on sparse tensors
//   - text reads, makes and hashes strings
//   - control runs functions: loops and branches
//   - signal transforms sound and other signals, with complex numbers
//   - vision resizes and crops images, and chooses among boxes
package op

import (
	_ "github.com/tf2ng/tf2ng/core/op/array"
	_ "github.com/tf2ng/tf2ng/core/op/codec"
	_ "github.com/tf2ng/tf2ng/core/op/control"
	_ "github.com/tf2ng/tf2ng/core/op/indexing"
	_ "github.com/tf2ng/tf2ng/core/op/linear"
	_ "github.com/tf2ng/tf2ng/core/op/matrix"
	_ "github.com/tf2ng/tf2ng/core/op/normalize"
	_ "github.com/tf2ng/tf2ng/core/op/parsing"
	_ "github.com/tf2ng/tf2ng/core/op/pointwise"
	_ "github.com/tf2ng/tf2ng/core/op/pooling"
	_ "github.com/tf2ng/tf2ng/core/op/quantization"
	_ "github.com/tf2ng/tf2ng/core/op/random"
	_ "github.com/tf2ng/tf2ng/core/op/reduce"
	_ "github.com/tf2ng/tf2ng/core/op/signal"
	_ "github.com/tf2ng/tf2ng/core/op/sparse"
	_ "github.com/tf2ng/tf2ng/core/op/tensorflow"
	_ "github.com/tf2ng/tf2ng/core/op/text"
	_ "github.com/tf2ng/tf2ng/core/op/vision"
)
