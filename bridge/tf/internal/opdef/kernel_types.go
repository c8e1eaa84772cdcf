package opdef

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// kernelTypesText lists the types for which TensorFlow has CPU kernels. Its first lines describe the form.
//
//go:embed kernel_types.txt
var kernelTypesText string

// kernelTypes is what TensorFlow requires of an op's attributes.
type kernelTypes struct {
	kernels []map[string][]string // alternatives: the names of the types of each attribute
	least   map[string]int64      // of attributes that are numbers
}

var kernelTypesOf = sync.OnceValue(func() map[string]*kernelTypes {
	table := map[string]*kernelTypes{}
	for line := range strings.Lines(kernelTypesText) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		row := table[words[0]]
		if row == nil {
			row = &kernelTypes{least: map[string]int64{}}
			table[words[0]] = row
		}
		row.add(words[1:])
	}
	return table
})

// Kernels returns the types for which TensorFlow 2.21 has CPU kernels for an op, as alternatives: for each attribute,
// any of the types. It is nil if nothing is required.
func Kernels(op string) []map[string][]string {
	if k := kernelTypesOf()[op]; k != nil {
		return k.kernels
	}
	return nil
}

func (k *kernelTypes) add(words []string) {
	kernel := map[string][]string{}
	for _, w := range words {
		if attr, least, ok := strings.Cut(w, ">="); ok {
			k.least[attr], _ = strconv.ParseInt(least, 10, 64)
			continue
		}
		attr, types, _ := strings.Cut(w, "=")
		kernel[attr] = strings.Split(types, ",")
	}
	if len(kernel) > 0 {
		k.kernels = append(k.kernels, kernel)
	}
}

// CheckKernel refuses a node if TensorFlow 2.21 has no CPU kernel for its types. An absent attribute has its default,
// for which there is a kernel.
func CheckKernel(n *graphdef.Node) error {
	k := kernelTypesOf()[n.Op]
	if k == nil {
		return nil
	}
	for attr, least := range k.least {
		if v, err := n.IntOr(attr, least); err != nil || v < least {
			return n.Errorf(attr, "got %d, want at least %d", v, least)
		}
	}
	if len(k.kernels) == 0 {
		return nil
	}
	reached := 0
	var failed error
	for _, kernel := range k.kernels {
		matched, err := matches(n, kernel)
		if err == nil {
			return nil
		}
		if failed == nil || matched > reached { // report the closest match
			reached, failed = matched, err
		}
	}
	return failed
}

// matches says how many of the node's types a kernel accepts, and which is the first that it does not.
func matches(n *graphdef.Node, kernel map[string][]string) (matched int, err error) {
	for _, attr := range slices.Sorted(maps.Keys(kernel)) {
		if !n.Has(attr) {
			continue
		}
		t, typeErr := n.Type(attr)
		if typeErr != nil {
			return 0, typeErr
		}
		if slices.Contains(kernel[attr], t.String()) {
			matched++
		} else if err == nil {
			err = n.Errorf(attr, "got %v, for which TensorFlow 2.21 has no CPU kernel, want %s", t, oneOf(kernel[attr]))
		}
	}
	return matched, err
}

// oneOf lists alternatives: "float", or "one of float, half".
func oneOf(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("one of %s", strings.Join(names, ", "))
}
