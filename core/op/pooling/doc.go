// Package pooling has the ops that make one element of each window.
package pooling
