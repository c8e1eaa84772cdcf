// Package variant holds the tables of kernels: what each family has for which
// instruction set, and which of it is used.
package variant

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Info is what a variant of any family says of itself. The families' types of variants
// embed it, beside the routines.
type Info struct {
	Does string  // datatype_family_epilogue: variants that do the same give the same bits
	ISA  isa.ISA // that it needs
	// The largest tile: rows, columns, and bytes of K per step, or what the family has in
	// their place. Those that it has not are 0.
	MR, NR, KR int
	For        string // which calls it is for, such as "few columns"; "" for all

	Name   string // what it does, its tile and its ISA, see docs/KERNELS.md; set by New and Add
	Family string // likewise
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

// embeds is a pointer to a type of variants, which embeds an Info.
type embeds[V any] interface {
	*V
	info() *Info
}

// Table holds the variants of a family, those for the most capable instruction set first.
// Dispatch, tests and benchmarks go through it.
type Table[V any, P embeds[V]] struct {
	family string
	list   []*V
}

// New returns the table of a family with its variants in plain Go: one for each thing that
// the family does.
func New[V any, P embeds[V]](family string, portable ...V) *Table[V, P] {
	t := &Table[V, P]{family: family}
	t.Add(portable...)
	return t
}

// Add registers variants. It is for the init functions of files that only some builds have,
// and panics if a name is taken.
func (t *Table[V, P]) Add(variants ...V) {
	for i := range variants {
		v := P(&variants[i]).info()
		v.Name, v.Family = v.name(), t.family
		if slices.ContainsFunc(t.list, func(have *V) bool { return P(have).info().Name == v.Name }) {
			panic("variant: there are two called " + v.Name)
		}
		t.list = append(t.list, &variants[i])
	}
	slices.SortStableFunc(t.list, func(a, b *V) int { return cmp.Compare(P(b).info().ISA, P(a).info().ISA) })
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

// Choose returns the first variant within s of those that do what is asked for.
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
