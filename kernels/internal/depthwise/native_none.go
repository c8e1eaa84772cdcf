//go:build !amd64 || purego

package depthwise

var native []Variant
