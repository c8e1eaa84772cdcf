// Package quantization defines nGraph's ops that convert between reals and integers by scales and zero points.
package quantization
