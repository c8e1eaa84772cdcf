// Package normalize has the ops that scale the elements of a vector, or of a channel, by what they are together.
package normalize
