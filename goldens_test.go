package tf2ng_test

import (
	"context"
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/testgolden"
	"github.com/tf2ng/tf2ng/kernels"
)

// TestGoldenEngines runs every recorded one-op graph on portable Go and on every
// instruction set, one thread and two: the bits are the reference's, which package
// bridge/tf compares with TensorFlow's.
func TestGoldenEngines(t *testing.T) {
	engines := engineOptions()
	for _, c := range testgolden.Load(t) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			want := runGolden(t, c, tf2ng.WithEngine(kernels.Reference))
			for name, opts := range engines {
				got := runGolden(t, c, opts...)
				for _, f := range c.Fetches {
					require.Equal(t, want[f.Tensor].Fact(), got[f.Tensor].Fact(), "%s: %s", name, f.Tensor)
					require.Equal(t, withoutNaNs(want[f.Tensor]), withoutNaNs(got[f.Tensor]), "%s: %s", name, f.Tensor)
					require.Equal(t, want[f.Tensor].Strings(), got[f.Tensor].Strings(), "%s: %s", name, f.Tensor)
				}
			}
		})
	}
}

// engineOptions returns the options of every engine but the reference, by name: portable
// Go and each instruction set of this CPU, on one thread and on two.
func engineOptions() map[string][]tf2ng.Option {
	engines := map[string][]tf2ng.Option{
		"portable":           {tf2ng.WithEngine(kernels.Portable)},
		"portable/2 threads": {tf2ng.WithEngine(kernels.Portable), tf2ng.WithThreads(2)},
	}
	for i, without := range enginetest.Levels() {
		engines[i.String()] = []tf2ng.Option{tf2ng.WithoutISA(without...)}
		engines[i.String()+"/2 threads"] = []tf2ng.Option{tf2ng.WithoutISA(without...), tf2ng.WithThreads(2)}
	}
	return engines
}

// withoutNaNs returns the bytes of a tensor with one NaN for all: which of the numbers that
// are none an operation gives is the CPU's choice.
func withoutNaNs(t *core.Tensor) []byte {
	c := t.Parts().Clone()
	switch c.Type() {
	case core.F32:
		v := core.Data[float32](c)
		for i, x := range v {
			if x != x {
				v[i] = float32(math.NaN())
			}
		}
	case core.F64:
		v := core.Data[float64](c)
		for i, x := range v {
			if x != x {
				v[i] = math.NaN()
			}
		}
	case core.F16:
		oneNaN(c.Bytes(), 0x7c00)
	case core.BF16:
		oneNaN(c.Bytes(), 0x7f80)
	default:
		return t.Bytes()
	}
	return c.Bytes()
}

// oneNaN makes all NaNs of 16 bits the same, in place; infinity is given.
func oneNaN(b []byte, infinity uint16) {
	for ; len(b) > 0; b = b[2:] {
		if binary.NativeEndian.Uint16(b)&0x7fff > infinity {
			binary.NativeEndian.PutUint16(b, infinity+1)
		}
	}
}

// runGolden returns the fetched tensors of a case.
func runGolden(t *testing.T, c *testgolden.Case, opts ...tf2ng.Option) map[string]*core.Tensor {
	var outputs []string
	for _, f := range c.Fetches {
		outputs = append(outputs, f.Tensor)
	}
	m, err := tf2ng.Load(filepath.Join(c.Dir, c.PB),
		append(opts, tf2ng.WithOutputs(outputs...), tf2ng.WithTFVersion("2.21"))...)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	inputs := map[string]*core.Tensor{}
	for _, f := range c.Feeds {
		inputs[strings.TrimSuffix(f.Tensor, ":0")] = c.Tensors[f.NPZ]
	}
	out, err := m.Run(context.Background(), inputs)
	require.NoError(t, err)
	return out
}
