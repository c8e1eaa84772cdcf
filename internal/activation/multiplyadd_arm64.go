package activation

// Fused returns x*y + z with one rounding to float32: the compiler makes one instruction of it. That needs a product
// that is used once, so a function must not call it twice with the same x and y, which FMA32 allows.
func Fused(x, y, z float32) float32 { return x*y + z }
