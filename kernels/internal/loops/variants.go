package loops

import (
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Variants describes the kernels of all functions, those of the most capable instruction set first.
func Variants() (all []variant.Info) {
	for _, i := range isa.All() {
		for _, k := range kernelsWithin(isa.Set(1) << i) {
			if k.ISA == i {
				all = append(all, k)
			}
		}
	}
	return all
}

// kernelsWithin describes the kernel of each function within a set.
func kernelsWithin(s isa.Set) (all []variant.Info) {
	for t := range dtype.Count {
		if Has(t) {
			all = append(all, kernelsOf(s, t)...)
		}
	}
	for c := range numClasses {
		all = append(all, Is(c).Info)
	}
	for _, size := range []int{1, 2, 8} {
		all = append(all, Selecting(s, size).Info)
	}
	return all
}

// kernelsOf describes the kernel of each function of a type within a set.
func kernelsOf(s isa.Set, t dtype.Type) (all []variant.Info) {
	add := func(k variant.Info) {
		if k.Name != "" {
			all = append(all, k)
		}
	}
	for f := range numFunctions {
		add(Binary(s, t, f).Info)
	}
	for r := range numRelations {
		add(Compare(s, t, r).Info)
	}
	for f := range numUnary {
		add(Unary(s, t, f).Info)
	}
	for r := range numReductions {
		add(Reducing(s, t, r).Info)
	}
	for to := range dtype.Count {
		if Has(to) && (to != t || t == dtype.U8) { // booleans become bytes
			add(Convert(s, t, to).Info)
		}
	}
	add(NotZero(s, t).Info)
	add(ArgExtreme(s, t, true).Info) // the smallest has the same name
	add(Scanning(t, false).Info)
	add(Scanning(t, true).Info)
	return all
}
