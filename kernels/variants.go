package kernels

import (
	"strings"

	"github.com/tf2ng/tf2ng/kernels/internal/depthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
)

// VariantInfo describes one kernel variant.
type VariantInfo struct {
	Family string `json:"family"`
	Name   string `json:"name"`
	ISA    ISA    `json:"isa"`
	Used   bool   `json:"used"`
	Why    string `json:"why"` // why it is used, or is not
}

// Variants lists the variants of all families, as their tables register them, and which
// of them a Program for the instruction sets s uses: among those that do the same, the
// first whose instruction set is in s.
func Variants(s ISASet) []VariantInfo {
	var all []VariantInfo
	taken := map[string]string{} // the variant that is used, by what it does
	add := func(family, name string, i isa.ISA) {
		v := VariantInfo{Family: family, Name: name, ISA: i}
		does := purpose(name)
		switch used, ok := taken[does]; {
		case ok:
			v.Why = used + " is preferred"
		case s.Has(i):
			v.Used, v.Why = true, "the first that this CPU can run"
			taken[does] = i.String()
		case isa.Detected().Has(i):
			v.Why = i.String() + " is switched off"
		default:
			v.Why = "this CPU lacks " + i.String()
		}
		all = append(all, v)
	}
	for _, v := range gemm.Variants() {
		add("gemm", v.Name, v.ISA)
	}
	for _, v := range sgemm.Variants() {
		add("sgemm", v.Name, v.ISA)
	}
	for _, v := range depthwise.Variants() {
		add("depthwise", v.Name, v.ISA)
	}
	for _, v := range sdepthwise.Variants() {
		add("sdepthwise", v.Name, v.ISA)
	}
	for _, v := range pool.Variants() {
		add("pool", v.Name, v.ISA)
	}
	for _, v := range elementwise.Variants() {
		add("elementwise", v.Name, v.ISA)
	}
	return all
}

// purpose is the part of a variant's name that says what it computes: all but tile and ISA.
func purpose(name string) string {
	parts := strings.Split(name, "_")
	return strings.Join(parts[:len(parts)-2], "_")
}

// Limit measures what one core's multiplications of bytes reach with the instruction set
// that the matrix products of a Program with these options use, in GOP/s; a multiply-add
// is two operations.
func Limit(o Options) float64 {
	return gemm.Limit(gemm.Choose(o.isas()).ISA)
}
