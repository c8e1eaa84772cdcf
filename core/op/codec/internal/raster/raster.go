// Package raster decodes PNG, GIF and BMP files as TensorFlow does.
package raster

// A Size is that of the images in a file.
type Size struct{ Frames, Height, Width, Channels int }

// Allocate returns the memory for images of a size: a byte for each channel, or two in the machine's order.
type Allocate func(s Size) ([]byte, error)
