// Package array has the ops that arrange elements, or make them of a few numbers: TensorFlow's array ops.
package array
