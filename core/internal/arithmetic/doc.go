// Package arithmetic holds functions of two numbers, and reductions of many numbers, that several families of
// ops use.
package arithmetic
