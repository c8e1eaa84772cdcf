// Package linear has the sums of products: convolutions, dot products and what they are made of, in reals
// and in integers, with the steps that follow each integer sum.
package linear
