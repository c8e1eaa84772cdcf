// Package quantization has nGraph's ops between reals and integers, with scales and zero points.
package quantization
