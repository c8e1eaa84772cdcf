// Package indexing defines the ops that choose elements by index, and those that find indices.
package indexing
