// Package indexing has the ops that choose elements by their indices, and those that find indices.
package indexing
