package kernels

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

func TestVariantsSayWhichAreUsedAndWhy(t *testing.T) {
	for _, without := range [][]isa.ISA{nil, {isa.AVX512VNNI}, {isa.AVX512VNNI, isa.AVX2}} {
		s := isa.Detected().Without(without...)
		used := map[string]isa.ISA{}
		for _, v := range Variants(s) {
			does := purpose(v.Name)
			before, taken := used[does]
			switch {
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
		for _, v := range Variants(s) {
			assert.Contains(t, used, purpose(v.Name), "nothing does it")
		}
	}
}
