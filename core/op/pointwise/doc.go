// Package pointwise has the ops that compute each element from the elements at the same place.
package pointwise
