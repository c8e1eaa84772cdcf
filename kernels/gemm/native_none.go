package gemm

var native []Variant
