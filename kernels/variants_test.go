package kernels

import (
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

// Users see these names, and docs/KERNELS.md has them as examples.
func TestVariantsHaveTheirDocumentedNames(t *testing.T) {
	var names []string
	for _, v := range Variants(0) {
		names = append(names, v.Name)
	}
	want := []string{
		"gemm_u8s8_chain_4x3k1_portable", "gemm_f32f32_f32_2x4k1_portable", "depthwise_u8s8_chain_1x64_portable",
		"depthwise_f32f32_f32_1x1_portable", "pool_s8_max_1x1_portable", "pool_f32_mean_1x1_portable",
		"elementwise_f32_u8_1_portable", "elementwise_b8_lookup_8_portable", "elementwise_f32_erf_1_portable",
		"add_s64_portable", "u8_to_s16_portable", "index_f32_portable", "cumprod_u8_portable",
	}
	if DetectedISAs().Has(NEONDot) {
		want = append(want, "gemm_u8s8_chain_6x16k4_neondot", "depthwise_u8s8_chain_2x16_neondot")
	}
	if DetectedISAs().Has(AVX2) {
		want = append(
			want, "gemm_u8s8_chain_6x16k2_avx2", "gemm_u8s8_chain_6x16k4_avxvnni", "gemm_u8s8_chain_7x32k4_avx512vnni",
			"gemm_f32f32_f32_6x16k1_avx2",
			"gemm_u8s8_chain_2x8k64_avx512vnni", "gemm_u8s8_chain_2x4k32_avxvnni", "gemm_f32f32_f32_16x4k1_avx2",
			"depthwise_u8s8_chain_2x32_avx2", "depthwise_u8s8_chain_2x32_avxvnni", "depthwise_u8s8_chain_2x64_avx512vnni",
			"depthwise_f32f32_f32_1x64_avx2",
			"pool_u8_max_1x128_avx2", "pool_f32_max_1x64_avx512vnni", "pool_u8_average_1x32_avx2", "pool_f32_mean_1x8_avx2",
			"elementwise_f32_add_32_avx2", "elementwise_b8_quantize_64_avx512vnni", "elementwise_b8_lookup_64_avx2",
			"add_s16_avx512vnni", "select_b8_avx2", "sum_u8_avx512vnni",
		)
	}
	assert.Subset(t, names, want)
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
