//go:build !amd64 || purego

package sgemm

var native []Variant
