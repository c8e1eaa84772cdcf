package tf2ng_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// TestInputsOfHalfPrecisionMayBeBits runs recorded cases on bfloat16 and half, and on
// their bits as NumPy's files hold them.
func TestInputsOfHalfPrecisionMayBeBits(t *testing.T) {
	cases := testgolden.Load(t, "Abs")
	for _, id := range []string{"abs_bfloat16", "abs_half"} {
		t.Run(id, func(t *testing.T) {
			i := slices.IndexFunc(cases, func(c *testgolden.Case) bool { return c.ID == id })
			require.GreaterOrEqual(t, i, 0)
			c := cases[i]
			want := runGolden(t, c)["op:0"]
			for name, x := range c.Tensors {
				bits, err := core.TensorOver(core.U16, x.Shape(), x.Bytes())
				require.NoError(t, err)
				c.Tensors[name] = bits
			}
			got := runGolden(t, c)["op:0"]
			require.Equal(t, want.Fact(), got.Fact())
			require.Equal(t, want.Bytes(), got.Bytes())
		})
	}
}
