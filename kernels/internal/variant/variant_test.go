package variant

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

type kernel struct{ Info }

// table returns what one file in plain Go and two of an architecture register.
func table() *Table[kernel, *kernel] {
	t := New("abc", kernel{Info: Info{Does: "a", NR: 1}}, kernel{Info: Info{Does: "b", MR: 4, NR: 3, KR: 1}})
	t.Add(
		kernel{Info: Info{Does: "b", MR: 6, NR: 16, KR: 2, ISA: isa.AVX2}},
		kernel{Info: Info{Does: "a", MR: 1, NR: 32, ISA: isa.AVX2}},
	)
	t.Add(kernel{Info: Info{Does: "b", MR: 12, NR: 32, KR: 4, ISA: isa.AVX512VNNI}})
	return t
}

func TestNamesStateWhatTheTableHolds(t *testing.T) {
	var names []string
	for _, i := range table().Infos() {
		assert.Equal(t, "abc", i.Family)
		names = append(names, i.Name)
	}
	want := []string{"b_12x32k4_avx512vnni", "b_6x16k2_avx2", "a_1x32_avx2", "a_1_portable", "b_4x3k1_portable"}
	assert.Equal(t, want, names)
}

func TestSuperseded(t *testing.T) {
	i := Info{ISA: isa.AVX2, Until: 1<<isa.AVXVNNI | 1<<isa.AVX512VNNI}
	for _, c := range []struct {
		set  isa.Set
		want isa.ISA
	}{
		{1 << isa.AVX2, isa.Portable},
		{1<<isa.AVX2 | 1<<isa.AVXVNNI, isa.AVXVNNI},
		{1<<isa.AVX2 | 1<<isa.AVX512VNNI, isa.AVX512VNNI},
		{^isa.Set(0), isa.AVX512VNNI},
	} {
		assert.Equal(t, c.want, i.Superseded(c.set), c.set)
	}
	assert.Equal(t, isa.Portable, (&Info{}).Superseded(^isa.Set(0)))
}

func TestChooseTakesTheMostCapableThatMayBeUsed(t *testing.T) {
	all := ^isa.Set(0)
	for _, c := range []struct {
		set        isa.Set
		does, want string
	}{
		{all, "b", "b_12x32k4_avx512vnni"},
		{all, "a", "a_1x32_avx2"},
		{all.Without(isa.AVX512VNNI), "b", "b_6x16k2_avx2"},
		{all.Without(isa.AVX2), "a", "a_1_portable"},
		{0, "b", "b_4x3k1_portable"},
	} {
		assert.Equal(t, c.want, table().Choose(c.set, c.does).Name, "%v %s", c.set, c.does)
	}
	assert.PanicsWithValue(t, `variant: nothing does "c" in family abc`, func() { table().Choose(all, "c") })
}

func TestNamesAreUnique(t *testing.T) {
	again := func() { table().Add(kernel{Info: Info{Does: "a", NR: 1}}) }
	assert.PanicsWithValue(t, "variant: there are two called a_1_portable", again)
}
