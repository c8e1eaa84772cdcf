// Package pooling defines the ops that reduce each position of a sliding window to one element.
package pooling
