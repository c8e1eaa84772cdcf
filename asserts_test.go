package tf2ng_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
)

// asserted is a graph that asserts, as TensorFlow 2 does, that its input is not negative.
const asserted = "testdata/cases/reports/45-assert-checknumerics-nan/graph.pb"

// Asserts are listed when they are left out, also by a .ng file, which cannot check them then; and
// fail a Run on every engine when they are checked.
func TestAsserts(t *testing.T) {
	m, err := tf2ng.Load(asserted)
	require.NoError(t, err)
	require.Len(t, m.Warnings(), 1)
	assert.Equal(t, `node "Assert/AssertGuard" (Assert) is not checked: it is with --check-asserts, or WithAssertsChecked`,
		m.Warnings()[0].String())
	var ng bytes.Buffer
	require.NoError(t, m.WriteNG(&ng))
	require.NoError(t, m.Close())
	m, err = tf2ng.LoadBytes(ng.Bytes())
	require.NoError(t, err)
	assert.Len(t, m.Warnings(), 1)
	require.NoError(t, m.Close())
	_, err = tf2ng.LoadBytes(ng.Bytes(), tf2ng.WithAssertsChecked())
	assert.EqualError(t, err, `WithAssertsChecked: the model was converted without its 1 Asserts, the first `+
		`"Assert/AssertGuard": convert the GraphDef again, with --check-asserts`)

	for name, opts := range engineOptions() {
		t.Run(name, func(t *testing.T) {
			m, err := tf2ng.Load(asserted, append(opts, tf2ng.WithAssertsChecked())...)
			require.NoError(t, err)
			defer func() { require.NoError(t, m.Close()) }()
			assert.Empty(t, m.Warnings())
			out, err := m.Run(context.Background(), map[string]*tf2ng.Tensor{"x": x(t, 1)})
			require.NoError(t, err)
			assert.Equal(t, []float32{1, 1, 1, 1}, out["y:0"].Float32s())
			_, err = m.Run(context.Background(), map[string]*tf2ng.Tensor{"x": x(t, -2)})
			var failed *tf2ng.OpError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, "Assert/AssertGuard", failed.Node)
			assert.EqualError(t, err, `node "Assert/AssertGuard" (Assert): `+
				`input 1: the assertion does not hold: negative input (Assert-C3)`)
		})
	}
}

// x is an input of four equal numbers.
func x(t *testing.T, v float32) *tf2ng.Tensor {
	t.Helper()
	x, err := core.TensorOf(core.Shape{1, 4}, []float32{v, v, v, v})
	require.NoError(t, err)
	return x
}
