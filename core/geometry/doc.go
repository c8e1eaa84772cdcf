// Package geometry has the attributes that ops with sliding windows share, and what follows from them:
// where the channels are, and which elements a window reads.
package geometry
