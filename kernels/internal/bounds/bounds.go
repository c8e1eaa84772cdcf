// Package bounds verifies that kernels, which access memory by address, stay within the slices that they are
// given.
package bounds

import "fmt"

// Slack is how many bytes must be readable after the last byte of every run that offsets point to, because kernels
// load whole vectors. The contents of these bytes do not influence the result.
const Slack = 64

// Offsets verifies that the run of width bytes at every offset, and the Slack bytes after it, lie within size bytes.
// For error messages, unit names what has taps offsets each, such as a row or a pixel.
func Offsets(unit string, offsets []int32, taps, width, size int) error {
	limit := size - width - Slack
	for i, o := range offsets {
		if o < 0 || int(o) > limit {
			return fmt.Errorf("%s %d, tap %d: got offset %d into %d bytes, want 0 to %d", unit, i/taps, i%taps, o, size, limit)
		}
	}
	return nil
}

// Count verifies that there are enough offsets for units units with taps taps each. unit is the name for messages.
func Count(unit string, offsets []int32, units, taps int) error {
	if len(offsets)/taps < units {
		return fmt.Errorf("got %d offsets, want %d %ss * %d taps", len(offsets), units, unit, taps)
	}
	return nil
}

// Stored verifies that units units of width bytes, stride bytes apart, lie within size bytes and do not overlap. what
// and unit are names for error messages.
func Stored(what, unit string, size, stride, units, width int) error {
	if stride < 0 || stride < width && units > 1 {
		return fmt.Errorf("%s: got stride %d, want at least %d bytes", what, stride, width)
	}
	if width > size || units > 1 && stride > (size-width)/(units-1) {
		return fmt.Errorf("%s: got %d bytes, want %d %ss of %d at stride %d", what, size, units, unit, width, stride)
	}
	return nil
}

// Product returns the product of sizes, limited to about 2^62 so that it does not overflow.
func Product(sizes ...int) int {
	const most = 1 << 62
	n := 1
	for _, s := range sizes {
		if s == 0 {
			return 0
		}
		if n > most/s {
			n = most / s * s
			continue
		}
		n *= s
	}
	return n
}
