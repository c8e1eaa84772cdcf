// Package pointwise defines the ops that compute each element from the elements at the same index.
package pointwise
