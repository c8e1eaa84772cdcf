//go:build !arm64

package activation

// Fused returns x*y + z with one rounding to float32.
func Fused(x, y, z float32) float32 { return FMA32(x, y, z) }
