// Package numeric has the arithmetic on single numbers that ops are defined with: how reals are rounded
// to integers, saturated, and multiplied and added in one rounding, the same on every CPU.
package numeric
