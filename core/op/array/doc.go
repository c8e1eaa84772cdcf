// Package array defines the ops that rearrange elements, or create them from a few numbers: TensorFlow's array
// ops.
package array
