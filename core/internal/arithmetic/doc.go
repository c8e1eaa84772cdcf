// Package arithmetic has the functions of two numbers, and of the numbers along axes, that several
// families of ops compute with.
package arithmetic
