// Package control defines the ops that run functions, Loop and Branch, and the ops for lists of tensors, which
// loops use.
package control
