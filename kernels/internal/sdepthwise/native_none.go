//go:build !amd64 || purego

package sdepthwise

var native []Variant
