package kernels

import (
	"github.com/tf2ng/tf2ng/kernels/depthwise"
	"github.com/tf2ng/tf2ng/kernels/elementwise"
	"github.com/tf2ng/tf2ng/kernels/gemm"
	"github.com/tf2ng/tf2ng/kernels/isa"
	"github.com/tf2ng/tf2ng/kernels/pool"
)

// VariantInfo describes one kernel variant.
type VariantInfo struct {
	Family, Name string
	ISA          isa.ISA
	Usable       bool // the CPU has the ISA and nothing forbids it
}

// Variants lists the variants of all families, as their tables register them.
func Variants(s isa.Set) []VariantInfo {
	var all []VariantInfo
	add := func(family, name string, i isa.ISA) {
		all = append(all, VariantInfo{family, name, i, s.Has(i)})
	}
	for _, v := range gemm.Variants {
		add("gemm", v.Name, v.ISA)
	}
	for _, v := range depthwise.Variants {
		add("depthwise", v.Name, v.ISA)
	}
	for _, v := range pool.Variants {
		add("pool", v.Name, v.ISA)
	}
	for _, v := range elementwise.Variants {
		add("elementwise", v.Name, v.ISA)
	}
	return all
}
