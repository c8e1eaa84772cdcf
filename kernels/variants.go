package kernels

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/depthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// VariantInfo describes one kernel variant.
type VariantInfo struct {
	Family string `json:"family"`
	Name   string `json:"name"`
	ISA    ISA    `json:"isa"`
	Used   bool   `json:"used"`
	Why    string `json:"why"` // why it is used, or is not
}

// registered returns the variants of all families, in the order of the families' tables.
func registered() []variant.Info {
	return slices.Concat(
		gemm.Variants(), sgemm.Variants(), depthwise.Variants(), sdepthwise.Variants(),
		pool.Variants(), elementwise.Variants(), loops.Variants(), movement.Variants(),
	)
}

// Variants lists the variants of all families, in the order of the families' tables, and says which of
// them a Program for the instruction sets s uses: of the variants that do the same, the first whose
// instruction set is in s. A variant that is only for certain calls is used in addition.
func Variants(s ISASet) (all []VariantInfo) {
	taken := map[string]isa.ISA{} // the instruction set of the variant in use, by what the variant does
	for _, r := range registered() {
		v := VariantInfo{Family: r.Family, Name: r.Name, ISA: r.ISA}
		switch used, ok := taken[r.Does]; {
		case r.Superseded(s) != isa.Portable:
			v.Why = r.Superseded(s).String() + " is preferred"
		case r.For != "" && s.Has(r.ISA):
			v.Used, v.Why = true, "for "+r.For
		case ok:
			v.Why = used.String() + " is preferred"
		case s.Has(r.ISA):
			v.Used, v.Why = true, "the first that this CPU can run"
			taken[r.Does] = r.ISA
		case isa.Detected().Has(r.ISA):
			v.Why = r.ISA.String() + " is switched off"
		default:
			v.Why = "this CPU lacks " + r.ISA.String()
		}
		all = append(all, v)
	}
	return all
}

// Limit measures the peak rate at which one core multiplies and adds bytes, in GOP/s, with the
// instruction set that a Program with these options uses for matrix products. A multiply-add is two
// operations.
func Limit(o Options) float64 {
	return gemm.Choose(o.isas(), gemm.Spec{}, gemm.Grid{}).Limit()
}
