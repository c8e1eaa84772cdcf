//go:build !amd64 || purego

package elementwise

var native []Variant
