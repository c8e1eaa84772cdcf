// Package geometry holds the attributes that ops with sliding windows share, and what follows from them: which
// axis has the channels, and which elements a window reads.
package geometry
