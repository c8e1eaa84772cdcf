package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// golden runs the cases of a group: op makes the op of a case, which gets the inputs of
// TensorFlow's node unless it picks others.
type golden struct {
	group string
	op    func(c *goldenCase) core.Op
	pick  func(c *goldenCase, in []*core.Tensor) []*core.Tensor
	ulps  []float64 // per output, default 0
}

// goldenCase is a case with shorthands for the attributes of its node.
type goldenCase struct {
	*testgolden.Case
	t testing.TB
}

func (c *goldenCase) typ(name string) core.Type { return c.Type(c.t, name) }

func (c *goldenCase) flag(name string, otherwise bool) bool {
	v, err := c.Node(c.t).BoolOr(name, otherwise)
	require.NoError(c.t, err)
	return v
}

func (c *goldenCase) int(name string, otherwise int64) int {
	v, err := c.Node(c.t).IntOr(name, otherwise)
	require.NoError(c.t, err)
	return int(v)
}

func (c *goldenCase) float(name string, otherwise float32) float32 {
	v, err := c.Node(c.t).FloatOr(name, otherwise)
	require.NoError(c.t, err)
	return v
}

func (c *goldenCase) str(name, otherwise string) string {
	v, err := c.Node(c.t).StrOr(name, otherwise)
	require.NoError(c.t, err)
	return v
}

func (c *goldenCase) mode() (m core.QuantizeMode) {
	require.NoError(c.t, m.UnmarshalText([]byte(c.str("mode", "MIN_COMBINED"))))
	return m
}

func (c *goldenCase) roundMode(otherwise string) core.RoundMode {
	m, ok := map[string]core.RoundMode{
		"HALF_AWAY_FROM_ZERO": core.RoundNearestTowardInfinity,
		"HALF_TO_EVEN":        core.RoundNearestTowardEven,
		"HALF_UP":             core.RoundNearestUpward,
	}[c.str("round_mode", otherwise)]
	require.True(c.t, ok)
	return m
}

func (g golden) run(t *testing.T) {
	t.Helper()
	for _, raw := range testgolden.Load(t, g.group) {
		t.Run(raw.ID, func(t *testing.T) {
			c := &goldenCase{raw, t}
			in := c.Inputs(t)
			if g.pick != nil {
				in = g.pick(c, in)
			}
			got, err := core.EvalOp(g.op(c), in)
			require.NoError(t, err)
			for i, want := range c.Want() {
				ulps := 0.0
				if i < len(g.ulps) {
					ulps = g.ulps[i]
				}
				testgolden.RequireEqual(t, want, got[i], ulps, c.Fetches[i].Tensor)
			}
		})
	}
}

func TestTFQuantizeV2EqualsTensorFlow(t *testing.T) {
	golden{group: "QuantizeV2", op: func(c *goldenCase) core.Op {
		return &core.TFQuantizeV2{
			Type: c.typ("T"), Mode: c.mode(), RoundMode: c.roundMode("HALF_AWAY_FROM_ZERO"), NarrowRange: c.flag("narrow_range", false),
			Axis: c.int("axis", -1), EnsureMinimumRange: c.float("ensure_minimum_range", 0.01),
		}
	}}.run(t)
}

func TestTFDequantizeEqualsTensorFlow(t *testing.T) {
	golden{group: "Dequantize", op: func(c *goldenCase) core.Op {
		return &core.TFDequantize{
			Mode: c.mode(), Axis: c.int("axis", -1), NarrowRange: c.flag("narrow_range", false), OutType: c.typ("dtype"),
		}
	}}.run(t)
}
