// Package control has the ops that run functions, loops and branches, and those that a loop's
// lists are made with.
package control
