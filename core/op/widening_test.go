package op_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/enginetest"
)

// Of every pair of these bits an op that widens gives what it gives in f32, rounded.
var halves = []uint16{
	0, 0x8000, 1, 0x8001, 0x007F, 0x03FF, 0x0400, 0x3C00, 0x3F80, 0xBF80, 0xBC00, 0x3E80, 0x4049, 0xC0A0, 0x7BFF, 0x7F7F,
	0x7C00, 0xFC00, 0x7E00, 0x7F80, 0xFF80, 0x7FC0, 0x1234, 0x9ABC, 0x40E0, 0x4700,
}

func TestOpsThatWidenAreThoseOfF32(t *testing.T) {
	var unary, binaries []core.Op
	for a := numeric.Identity; a <= numeric.GeluExact; a++ {
		if op := (&pointwise.Activate{Activation: a}); op.Widens() {
			unary = append(unary, op)
		}
	}
	for _, name := range core.OpNames() {
		op, err := core.NewOp(name)
		require.NoError(t, err)
		if _, ok := op.(*pointwise.Activate); !ok && widens(op) {
			binaries = append(binaries, op)
		}
	}
	assert.Len(t, unary, 6)
	assert.Len(t, binaries, 10)
	for _, typ := range []core.Type{core.BF16, core.F16} {
		a, b := []byte{}, []byte{}
		for _, x := range halves {
			for _, y := range halves {
				a, b = binary.LittleEndian.AppendUint16(a, x), binary.LittleEndian.AppendUint16(b, y)
			}
		}
		x, y := overHalves(t, typ, a), overHalves(t, typ, b)
		for _, op := range unary {
			checkWidens(t, op, x)
		}
		for _, op := range binaries {
			checkWidens(t, op, x, y)
		}
	}
}

func widens(op core.Op) bool {
	w, ok := op.(trait.Widening)
	return ok && w.Widens()
}

func overHalves(t *testing.T, typ core.Type, data []byte) *core.Tensor {
	x, err := core.TensorOver(typ, core.Shape{len(data) / 2}, data)
	require.NoError(t, err)
	return x
}

func checkWidens(t *testing.T, op core.Op, in ...*core.Tensor) {
	typ := in[0].Type()
	wide := make([]*core.Tensor, len(in))
	for i, x := range in {
		wide[i] = eval(t, &pointwise.Convert{Type: core.F32}, x)
	}
	want := eval(t, op, in...)
	got := eval(t, &pointwise.Convert{Type: typ}, eval(t, op, wide...))
	assert.True(t, enginetest.Equal(want, got), "%T %+v of %v", op, op, typ)
}
