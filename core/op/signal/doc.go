// Package signal defines the ops on signals: complex numbers, Fourier transforms, sound, and what is made of its
// spectrum.
package signal
