package kernels

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

func TestVariantsSayWhichAreUsedAndWhy(t *testing.T) {
	infos := registered()
	for _, without := range isatest.Levels() {
		s := isa.Detected().Without(without...)
		used := map[string]isa.ISA{}
		list := Variants(s)
		require.Len(t, list, len(infos))
		for i, v := range list {
			does := infos[i].Does
			before, taken := used[does]
			switch {
			case infos[i].Until&s != 0:
				assert.False(t, v.Used, v.Name)
				by, _, _ := strings.Cut((infos[i].Until & s).String(), ",")
				assert.Equal(t, by+" is preferred", v.Why, v.Name)
			case v.Used && infos[i].For != "":
				assert.True(t, s.Has(v.ISA), v.Name)
				assert.Equal(t, "for "+infos[i].For, v.Why, v.Name)
			case v.Used:
				assert.False(t, taken, "%s: two variants are used", does)
				assert.True(t, s.Has(v.ISA), v.Name)
				assert.Equal(t, "the first that this CPU can run", v.Why, v.Name)
				used[does] = v.ISA
			case taken:
				assert.Equal(t, before.String()+" is preferred", v.Why, v.Name)
			case isa.Detected().Has(v.ISA):
				assert.Equal(t, v.ISA.String()+" is switched off", v.Why, v.Name)
			default:
				assert.Equal(t, "this CPU lacks "+v.ISA.String(), v.Why, v.Name)
			}
		}
		for _, i := range infos {
			assert.Contains(t, used, i.Does, "nothing does it")
		}
	}
}

// documented finds the names of variants in docs/KERNELS.md; narrower routines have "short" or more in their tiles.
var documented = regexp.MustCompile(
	`\b(?:gemm|depthwise|pool|elementwise|transpose)_[a-z0-9_]+_[0-9]+(?:x[0-9]+)?(?:k[0-9]+)?_[a-z0-9]+\b`)

// Users see these names, and docs/KERNELS.md has them as examples.
func TestVariantsHaveTheirDocumentedNames(t *testing.T) {
	names, inBuild := map[string]bool{}, map[ISA]bool{}
	for _, v := range Variants(0) {
		names[v.Name], inBuild[v.ISA] = true, true
	}
	page, err := os.ReadFile("../docs/KERNELS.md")
	require.NoError(t, err)
	examples := documented.FindAllString(string(page), -1)
	require.Greater(t, len(examples), 30)
	for _, name := range append(examples, "add_s64_portable", "u8_to_s16_portable", "add_s16_avx512vnni") {
		i, err := isa.Parse(name[strings.LastIndexByte(name, '_')+1:])
		require.NoError(t, err, name)
		if inBuild[i] && !strings.Contains(name, "_short_") && !strings.Contains(name, "_wide_") {
			assert.True(t, names[name], name)
		}
	}
}

// The kernels of package loops are listed by the names that Steps have, for each instruction set.
func TestVariantsHaveTheNamesOfLoops(t *testing.T) {
	names := map[string]bool{}
	for _, v := range Variants(0) {
		assert.False(t, names[v.Name], "%s is listed twice", v.Name)
		names[v.Name] = true
	}
	for _, typ := range []core.Type{core.U8, core.I8, core.U16, core.I16, core.U32, core.I32, core.I64} {
		g := newGraph(t, uint64(typ))
		x := g.parameter(typ, core.Shape{3, 70})
		less := g.apply(&pointwise.Compare{Relation: pointwise.Less}, x, x)
		g.result(g.apply(&pointwise.Convert{Type: core.F64}, x))
		g.result(g.apply(&pointwise.Convert{Type: core.U8}, less))
		g.result(g.apply(&pointwise.Convert{Type: core.Bool}, x))
		for _, op := range []core.Op{&pointwise.Multiply{}, &pointwise.Binary{Function: pointwise.LeftShift}} {
			g.resultsOf(op, x, x)
		}
		if typ.Size() != 4 {
			g.result(g.apply(&pointwise.Select{}, less, x, x))
		}
		for _, op := range []core.Op{
			&pointwise.Unary{Function: pointwise.Invert}, &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{1}}},
			&reduce.ArgMax{Axis: 1, Type: core.I64}, &reduce.CumSum{Cumulative: reduce.Cumulative{Axis: 1}},
		} {
			g.resultsOf(op, x)
		}
		for _, o := range testOptions() {
			p, err := Compile(g.f, nil, o)
			require.NoError(t, err)
			for _, s := range p.Steps() {
				assert.True(t, names[s.Kernel], "%v: %q is not listed, %+v", typ, s.Kernel, o)
			}
		}
	}
}
