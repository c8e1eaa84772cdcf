package emit

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Numbers are the types whose products are summed.
type Numbers int

// The types.
const (
	F32 Numbers = iota
	F64
	S32
	S64
)

// Name returns the type as in the names of routines.
func (n Numbers) Name() string { return [...]string{"f32", "f64", "s32", "s64"}[n] }

// Size returns the bytes of a number.
func (n Numbers) Size() int {
	if n == F64 || n == S64 {
		return 8
	}
	return 4
}

// Sums says how products are summed, for the documents of routines.
func (n Numbers) Sums() string {
	switch n {
	case F32:
		return `in this order, each sum beginning with 0, with fused multiply-adds; subnormal numbers and sums
count as zeros, and sums that are zero are +0`
	case F64:
		return "in this order, each sum beginning with 0, with fused multiply-adds; sums that are zero are +0"
	}
	return "of integers, which wrap"
}

// flushing is MXCSR with subnormal operands and results as zeros, rounding to nearest and no exceptions.
const flushing = 0x9fc0

// FlushSubnormals makes zeros of subnormal numbers and sums of float32, until KeepSubnormals. caller and own are four
// bytes each of the frame, for MXCSR as it was and as it is then.
func (g *Gen) FlushSubnormals(n Numbers, caller, own operand.Mem) {
	if n != F32 {
		return
	}
	g.STMXCSR(caller)
	g.MOVL(operand.U32(flushing), own)
	g.LDMXCSR(own)
}

// KeepSubnormals restores MXCSR.
func (g *Gen) KeepSubnormals(n Numbers, caller operand.Mem) {
	if n == F32 {
		g.LDMXCSR(caller)
	}
}

// BroadcastNumber fills a vector with a number.
func (g *Gen) BroadcastNumber(n Numbers, m operand.Mem, v reg.VecPhysical) {
	if n.Size() == 8 {
		g.VPBROADCASTQ(m, v)
		return
	}
	g.VBROADCASTSS(m, v)
}

// MultiplyAdd adds x*y to sum. It clobbers scratch, which may be y, if they are integers.
func (g *Gen) MultiplyAdd(n Numbers, x, y operand.Op, sum, scratch reg.VecPhysical) {
	switch n {
	case F32:
		g.VFMADD231PS(x, y, sum)
	case F64:
		g.VFMADD231PD(x, y, sum)
	case S32:
		g.VPMULLD(x, y, scratch)
		g.VPADDD(scratch, sum, sum)
	case S64:
		g.VPMULLQ(x, y, scratch)
		g.VPADDQ(scratch, sum, sum)
	}
}

// WithoutSign makes zeros of sums of reals positive. It clears zero.
func (g *Gen) WithoutSign(n Numbers, zero reg.VecPhysical, sums ...reg.VecPhysical) {
	if n != F32 && n != F64 {
		return
	}
	g.Zero(zero)
	for _, v := range sums {
		if n == F64 {
			g.VADDPD(zero, v, v)
		} else {
			g.VADDPS(zero, v, v)
		}
	}
}
