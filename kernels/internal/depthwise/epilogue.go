package depthwise

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// chain is an epilogue without a summand, with its form for the assembly.
type chain struct {
	epilogue gemm.Epilogue
	out      gemm.Output
	relu     bool
	lo, hi   float32
	flip     byte
	steps    uint32 // the steps that the assembly must execute
}

func newChain(e gemm.Epilogue, channels int) (chain, error) {
	c := chain{
		epilogue: e, out: e.Out, relu: e.Relu, lo: float32(e.Lo), hi: float32(e.Hi),
	}
	if e.Flip {
		c.flip = 0x80
	}
	if e.Sum != gemm.NoSum {
		return c, fmt.Errorf("epilogue: got a summand, want none")
	}
	for _, o := range columnOperands {
		if v := e.Constant(o); v != nil && len(v) != channels {
			return c, fmt.Errorf("epilogue: got %d %s values, want %d or none", len(v), o, channels)
		}
	}
	if e.Flip && e.Out.Size() != 1 {
		return c, fmt.Errorf("epilogue: flip needs an 8-bit output")
	}
	lo, hi := int32(0), int32(math.MaxUint8)
	switch e.Out {
	case gemm.S32:
		if e.Relu || slices.ContainsFunc(columnOperands, e.Has) {
			return c, fmt.Errorf("epilogue: accumulators as output admit no further step")
		}
		return c, nil
	case gemm.F32:
		return c, nil
	case gemm.I8:
		lo, hi = math.MinInt8, math.MaxInt8
	case gemm.U8:
	default:
		return c, fmt.Errorf("epilogue: unknown output type %d", e.Out)
	}
	if e.Lo < lo || e.Hi > hi || e.Lo > e.Hi {
		return c, fmt.Errorf("epilogue: got range [%d,%d], want a range within [%d,%d]", e.Lo, e.Hi, lo, hi)
	}
	return c, nil
}

// setSteps finds the steps that the assembly must execute if the accumulators have at most the given magnitudes, one
// per channel.
func (c *chain) setSteps(magnitudes []float64) {
	var f uint32
	set := func(on bool, bit uint32) {
		if on {
			f |= bit
		}
	}
	set(c.epilogue.Has(gemm.Pre), stepPre)
	set(c.epilogue.Has(gemm.Scale), stepScale)
	set(c.epilogue.Has(gemm.Bias), stepBias)
	set(c.relu && !c.clampIsRelu(), stepRelu)
	set(c.epilogue.Has(gemm.Post), stepPost)
	set(!c.saturates(magnitudes), stepClamp)
	set(c.out == gemm.F32, outF32)
	set(c.out == gemm.S32, outS32)
	set(c.out == gemm.I8, outI8)
	c.steps = f
}

// saturates reports whether the conversions to integers make clamping unnecessary: the range is the whole type, and
// every result fits into an int32 (so there are no NaNs).
func (c *chain) saturates(magnitudes []float64) bool {
	whole := c.out == gemm.U8 && c.lo == 0 && c.hi == math.MaxUint8 ||
		c.out == gemm.I8 && c.lo == math.MinInt8 && c.hi == math.MaxInt8
	if !whole {
		return false
	}
	if c.epilogue.Computed != 0 {
		return false
	}
	e := &c.epilogue
	at := func(v []float32, i int, absent float64) float64 {
		if v == nil {
			return absent
		}
		return math.Abs(float64(v[i]))
	}
	const finite = 1e30 // no step before the last may overflow either
	for i, m := range magnitudes {
		sum := m + at(e.Pre, i, 0)
		scaled := sum*at(e.Scale, i, 1) + at(e.Bias, i, 0)
		if result := scaled * at(e.Post, i, 1); !(sum < finite && scaled < finite && result < 1<<30) {
			return false
		}
	}
	return true
}

// clampIsRelu reports whether clamping at the lower end of the range has the same effect as Relu: what Relu would turn
// into 0 becomes 0 anyway, because the factors after it are positive.
func (c *chain) clampIsRelu() bool {
	if c.out.Size() != 1 || c.lo != 0 || c.epilogue.Computed.Has(gemm.Post) {
		return false
	}
	for _, v := range c.epilogue.Post {
		if !(v > 0) {
			return false
		}
	}
	return true
}

// finish applies the chain to the accumulators (start values included) of the channels from c0 on, and stores the
// results in out.
func (c *chain) finish(o *Operands, out []byte, acc []int32, c0 int) {
	switch c.out {
	case gemm.S32:
		for i, v := range acc {
			binary.NativeEndian.PutUint32(out[4*i:], uint32(v))
		}
	case gemm.F32:
		for i, v := range acc {
			binary.NativeEndian.PutUint32(out[4*i:], math.Float32bits(c.real(o, v, c0+i)))
		}
	default:
		for i, v := range acc {
			f := atLeast(c.real(o, v, c0+i), c.lo)
			out[i] = roundToByte(min(f, c.hi)) ^ c.flip
		}
	}
}

// real computes the float32 part of the chain. The conversions keep the compiler from fusing a product with the next
// sum.
func (c *chain) real(o *Operands, acc int32, channel int) float32 {
	f := float32(acc)
	if v := o.columns[gemm.Pre]; v != nil {
		f += v[channel]
	}
	if v := o.columns[gemm.Scale]; v != nil {
		f = float32(f * v[channel])
	}
	if v := o.columns[gemm.Bias]; v != nil {
		f += v[channel]
	}
	if c.relu {
		f = atLeast(f, 0)
	}
	if v := o.columns[gemm.Post]; v != nil {
		f = float32(f * v[channel])
	}
	return f
}

// atLeast returns f, or lo if f is less or NaN. It uses max, which does not branch on the data.
func atLeast(f, lo float32) float32 {
	if f = max(f, lo); f != f {
		return lo
	}
	return f
}

// roundToByte rounds a float32 within [-128, 255] to even: the sum has no bits for a fraction.
func roundToByte(f float32) byte {
	return byte(math.Float32bits(float32(f) + 3<<22))
}
