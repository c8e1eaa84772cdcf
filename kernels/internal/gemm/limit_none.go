//go:build !amd64 || purego

package gemm

import "github.com/tf2ng/tf2ng/kernels/internal/isa"

func limitLoop(_ isa.ISA, n int) { swar(n) }
