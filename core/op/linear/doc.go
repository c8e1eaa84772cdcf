// Package linear defines the ops that sum products: convolutions and dot products, in reals and in integers, and
// the steps that follow each integer sum.
package linear
