// Package tensorflow has TensorFlow's quantized ops in TensorFlow's own arithmetic, with ranges from min to max,
// or scales and zero points.
package tensorflow
