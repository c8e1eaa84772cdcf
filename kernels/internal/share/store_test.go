package share

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// Ops that are evaluated on the same constants are told apart by their types, even those
// without attributes, whose addresses may be equal, and by every bit of their attributes.
func TestStoreTellsOpsApart(t *testing.T) {
	f, x := &core.Function{Name: "test"}, core.NewConstant(core.Scalar(float32(3)))
	own := []core.Op{&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}, &pointwise.Divide{}}
	for _, op := range own {
		n, err := core.NewNode(op, x, x)
		require.NoError(t, err)
		r, err := core.NewNode(&core.Result{}, n.Out(0))
		require.NoError(t, err)
		f.Results = append(f.Results, r)
	}
	l := New(f).Lease()
	in := []*core.Tensor{core.Scalar(float32(3)), core.Scalar(float32(5))}
	for _, op := range append(own, &pointwise.Add{}, &pointwise.Maximum{}, &pointwise.Minimum{}) {
		for range 2 {
			got, err := l.Evaluate(op, in)
			require.NoError(t, err)
			want, err := core.EvalOp(op, in)
			require.NoError(t, err)
			assert.Equal(t, want[0].Bytes(), got[0].Bytes(), core.OpName(op))
		}
	}
	minusZero := math.Copysign(0, -1)
	for _, lo := range []float64{0, minusZero, math.Nextafter(0, 1), math.Inf(-1)} {
		op := &pointwise.Clamp{Lo: lo, Hi: 10}
		x := []*core.Tensor{core.Scalar(float32(-1))}
		got, err := l.Evaluate(op, x)
		require.NoError(t, err)
		want, err := core.EvalOp(op, x)
		require.NoError(t, err)
		assert.Equal(t, want[0].Bytes(), got[0].Bytes(), fmt.Sprint(lo))
	}
}

// The error of an op that cannot be evaluated is returned, and there are no tensors.
func TestStoreReturnsTheErrorOfAnOp(t *testing.T) {
	l := New(&core.Function{Name: "test"}).Lease()
	for range 2 {
		out, err := l.Evaluate(&control.List{Type: core.F32}, []*core.Tensor{core.Scalar(int32(3))})
		require.EqualError(t, err, "List: the shape of the elements, ?, is not known: none of them was set (List-C3)")
		assert.Nil(t, out)
	}
}

// Equal constants are one, whoever made them; what a plan alone uses goes with it.
func TestStoreForgetsWithTheLastPlan(t *testing.T) {
	s := New(&core.Function{Name: "test"})
	a, b := s.Lease(), s.Lease()
	one, other := core.Scalar(float64(1)), core.Scalar(float64(1))
	assert.Same(t, a.Canonical(one), b.Canonical(other))
	assert.Same(t, a.Canonical(one), a.Canonical(other))
	assert.NotSame(t, a.Canonical(one), a.Canonical(core.Scalar(int64(1))), "of another type")
	_, err := a.Evaluate(&pointwise.Add{}, []*core.Tensor{one, other})
	require.NoError(t, err)
	assert.EqualValues(t, 3*8, s.bytes)
	a.Release()
	assert.EqualValues(t, 8, s.bytes)
	b.Release()
	assert.Zero(t, s.bytes)
	assert.Empty(t, s.items)
}
