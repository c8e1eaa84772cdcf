// Package random defines the ops that make random numbers of a key and a counter: the same ones each time.
package random
