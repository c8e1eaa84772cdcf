// Package normalize defines the ops that normalize the elements of a vector or of a channel, such as Softmax.
package normalize
