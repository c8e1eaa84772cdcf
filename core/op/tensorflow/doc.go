// Package tensorflow defines TensorFlow's quantized ops in TensorFlow's own arithmetic, with ranges from min to
// max, or with scales and zero points.
package tensorflow
