package tf

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
)

// OpInfo describes a TensorFlow op that this package translates.
type OpInfo struct {
	Name      string   `json:"name"`
	Family    string   `json:"family"` // such as "pool": the part of the table that has it
	Quantized bool     `json:"quantized"`
	Inputs    []string `json:"inputs"`  // as "input:Tinput": a name, and a type or the attribute that holds it
	Outputs   []string `json:"outputs"` // likewise
	// Kernels lists, as alternatives, the types for which TensorFlow 2.21 has CPU kernels: for each
	// attribute, any of the types.
	Kernels []map[string][]string `json:"kernels,omitempty"`
}

// Supported lists the TensorFlow ops that Translate knows, by name.
func Supported() []OpInfo {
	var list []OpInfo
	for _, row := range ops.Rows() {
		inputs, outputs, _ := strings.Cut(row.Signature, "->")
		list = append(list, OpInfo{
			Name:      row.Name,
			Family:    row.Family,
			Quantized: IsQuantized(row.Name),
			Inputs:    strings.Fields(inputs),
			Outputs:   strings.Fields(outputs),
			Kernels:   opdef.Kernels(row.Name),
		})
	}
	slices.SortFunc(list, func(a, b OpInfo) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// IsQuantized reports whether an op computes with, produces or simulates quantized types. TensorFlow's
// names say so.
func IsQuantized(op string) bool {
	return strings.Contains(strings.ToLower(op), "quantiz") || strings.HasPrefix(op, "FakeQuant")
}
