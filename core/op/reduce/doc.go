// Package reduce has the ops that make one element of the elements along axes, or along the way there.
package reduce
