// Package variant has the tables of kernel variants: which variants each family has for which instruction set, and
// which of them are used.
package variant

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Info describes a variant of any family. The Variant types of the families embed it and add the routines.
type Info struct {
	Does string  // datatype_family_epilogue: variants that do the same give the same bits
	ISA  isa.ISA // the instruction set that it needs
	// The largest tile: rows, columns, and bytes of K per step, or the family's counterparts of these. Dimensions
	// that the family does not have are 0.
	MR, NR, KR int
	For        string // the calls that it is for, such as "few columns"; "" if it is for all
	// Until are the instruction sets that make it needless: where one of them may be used, it is not.
	Until isa.Set

	Name   string // what it does, its tile and its ISA, see docs/KERNELS.md; set by New and Add
	Family string // set by New and Add
}

// Superseded returns the most capable instruction set of s that makes the variant needless, Portable if none does.
func (i *Info) Superseded(s isa.Set) isa.ISA {
	all := isa.All()
	return all[slices.IndexFunc(all, (s&i.Until).Has)]
}

// name composes the name from the other fields.
func (i *Info) name() string {
	tile := fmt.Sprint(i.NR)
	if i.MR > 0 {
		tile = fmt.Sprintf("%dx%d", i.MR, i.NR)
	}
	if i.KR > 0 {
		tile += fmt.Sprintf("k%d", i.KR)
	}
	return fmt.Sprintf("%s_%s_%s", i.Does, tile, i.ISA)
}

func (i *Info) info() *Info { return i }

// embeds is the constraint for pointers to types that embed an Info.
type embeds[V any] interface {
	*V
	info() *Info
}

// Table holds the variants of a family, those that are only for certain calls first, and ordered from the most capable
// instruction set to the least. Dispatch, tests and benchmarks use it.
type Table[V any, P embeds[V]] struct {
	family string
	list   []*V
}

// New returns the table of a family with its variants in plain Go. There must be one for each Info.Does of the family.
func New[V any, P embeds[V]](family string, portable ...V) *Table[V, P] {
	t := &Table[V, P]{family: family}
	t.Add(portable...)
	return t
}

// Add registers variants. It is called by the init functions of files that are only in some builds. It panics if a name
// is taken.
func (t *Table[V, P]) Add(variants ...V) {
	for i := range variants {
		v := P(&variants[i]).info()
		v.Name, v.Family = v.name(), t.family
		if slices.ContainsFunc(t.list, func(have *V) bool { return P(have).info().Name == v.Name }) {
			panic("variant: there are two called " + v.Name)
		}
		t.list = append(t.list, &variants[i])
	}
	slices.SortStableFunc(t.list, func(a, b *V) int {
		x, y := P(a).info(), P(b).info()
		return cmp.Or(cmp.Compare(min(len(y.For), 1), min(len(x.For), 1)), cmp.Compare(y.ISA, x.ISA))
	})
}

// Within returns the variants whose instruction set is in s, in the table's order.
func (t *Table[V, P]) Within(s isa.Set) (list []*V) {
	for _, v := range t.list {
		if s.Has(P(v).info().ISA) {
			list = append(list, v)
		}
	}
	return list
}

// Choose returns the first variant in the table whose instruction set is in s and whose Does is does.
func (t *Table[V, P]) Choose(s isa.Set, does string) *V {
	for _, v := range t.Within(s) {
		if P(v).info().Does == does {
			return v
		}
	}
	panic(fmt.Sprintf("variant: nothing does %q in family %s", does, t.family))
}

// Family returns the family's name.
func (t *Table[V, P]) Family() string { return t.family }

// Infos describes all variants, in the table's order.
func (t *Table[V, P]) Infos() (list []Info) {
	for _, v := range t.list {
		list = append(list, *P(v).info())
	}
	return list
}
