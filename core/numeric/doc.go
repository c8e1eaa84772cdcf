// Package numeric is the arithmetic on single numbers by which ops are defined: rounding reals to integers,
// saturating, and multiplying and adding with a single rounding, with the same result on every CPU.
package numeric
