package main

import "github.com/tf2ng/tf2ng/kernels/_asm/emit"

// epilogue applies the steps in call.flags to a tile and stores it.
func (t *neonTile) epilogue() {
	words, done := t.Fresh("words"), t.Fresh("stored")
	t.Op("MOVWU call_flags(R0), %s", neonFlags)
	t.Op("TST $%#x, %s", outF32|outU8|outI8|outI32, neonFlags)
	t.Op("BEQ %s", words)
	t.each(func(_ int, acc emit.VReg) { t.SCVTF(acc, acc) })
	t.perColumn(stepPre, "pre", t.FADD)
	t.perColumn(stepScale, "scale", t.FMUL)
	t.perColumn(stepBias, "bias", t.FADD)
	t.sum()
	t.When(neonFlags, stepRelu, "relu", func() {
		zero := neonFree(0)
		t.Zero(zero)
		t.each(func(_ int, acc emit.VReg) { t.FMAXNM(acc, acc, zero) })
	})
	t.perColumn(stepPost, "post", t.FMUL)
	t.Op("TST $%#x, %s", outF32, neonFlags)
	t.Op("BNE %s", words)
	t.toIntegers()
	t.Op("TST $%#x, %s", outI32, neonFlags)
	t.Op("BNE %s", words)
	t.storeBytes()
	t.Op("B %s", done)
	t.Label(words)
	t.storeWords()
	t.Label(done)
}

// perColumn applies op with one operand for each column, if flags has the step.
func (t *neonTile) perColumn(step uint32, operands string, op func(d, n, m emit.VReg)) {
	t.When(neonFlags, step, operands, func() {
		t.columns(operands, neonFree(0))
		t.each(func(c int, acc emit.VReg) { op(acc, acc, neonFree(c)) })
	})
}

// sum adds the summand times its scale with one rounding.
func (t *neonTile) sum() {
	const all = stepSumU8 | stepSumI8 | stepSumI32 | stepSumF32
	t.When(neonFlags, all, "sum", func() {
		t.Broadcast("sumScale", neonTemp, neonFree(7))
		t.Op("MOVD call_ldsum(R0), %s", neonStride)
		t.Op("MOVD %s, %s", neonSum, neonTemp)
		t.summand(stepSumU8, "u8", func(v emit.VReg) { t.bytes(v, t.Unsigned()) })
		t.summand(stepSumI8, "i8", func(v emit.VReg) { t.bytes(v, t.Signed()) })
		t.summand(stepSumI32, "i32", func(v emit.VReg) {
			t.words(neonTemp, v)
			t.convert(v)
		})
		t.summand(stepSumF32, "f32", func(v emit.VReg) { t.words(neonTemp, v) })
	})
}

// summand adds a summand of one type. load brings a row of it to float32, in the registers from v on; it may use the
// three before them.
func (t *neonTile) summand(step uint32, name string, load func(v emit.VReg)) {
	t.When(neonFlags, step, "sum_"+name, func() {
		v, scale := neonFree(3), neonFree(7)
		for r := range t.rows {
			load(v)
			for c := range t.cols {
				t.Op("VFMLA %s, %s, %s", (v + emit.VReg(c)).S4(), scale.S4(), t.acc(r, c).S4())
			}
			if r+1 < t.rows {
				t.Op("ADD %s, %s", neonStride, neonTemp)
			}
		}
	})
}

// convert converts int32 to float32 in the registers from v on.
func (t *neonTile) convert(v emit.VReg) {
	for c := range emit.VReg(t.cols) {
		t.SCVTF(v+c, v+c)
	}
}

// bytes loads a row of bytes and converts them to float32, in the registers from v on. It uses two of the three before.
func (t *neonTile) bytes(v emit.VReg, extend emit.Extend) {
	raw, half := v-3, v-2
	if t.cols == 4 {
		t.Op("FMOVQ (%s), %s", neonTemp, raw.F())
	} else {
		t.Op("FMOVD (%s), %s", neonTemp, raw.F())
	}
	for c, widen := range []func(d, n emit.VReg){extend.Low, extend.High}[:t.cols/2] {
		widen(half, raw)
		extend.LowWords(v+2*emit.VReg(c), half)
		extend.HighWords(v+2*emit.VReg(c)+1, half)
	}
	t.convert(v)
}

// toIntegers clamps to the range of the results and rounds half to even. FMAXNM replaces a NaN by the lower bound.
// FCVTNS saturates what the upper bound lets pass: 2^31, as bound of i32.
func (t *neonTile) toIntegers() {
	lo, hi := neonFree(0), neonFree(1)
	t.Broadcast("lo", neonTemp, lo)
	t.Broadcast("hi", neonTemp, hi)
	t.each(func(_ int, acc emit.VReg) { t.FMAXNM(acc, acc, lo) })
	t.each(func(_ int, acc emit.VReg) { t.FMINNM(acc, acc, hi) })
	t.each(func(_ int, acc emit.VReg) { t.FCVTNS(acc, acc) })
}

// storeBytes stores the lowest byte of each result, which has no other bits.
func (t *neonTile) storeBytes() {
	flip, store := neonFree(0), "FMOVQ"
	t.Broadcast("flip", neonTemp, flip)
	t.Op("MOVD call_ldc(R0), %s", neonStride)
	t.Op("MOVD %s, %s", neonC, neonTemp)
	for r := range t.rows {
		first := t.acc(r, 0)
		last := first
		t.Op("VUZP1 %s, %s, %s", (first + 1).H8(), first.H8(), first.H8())
		if t.cols == 4 {
			last = t.acc(r, 2)
			t.Op("VUZP1 %s, %s, %s", (last + 1).H8(), last.H8(), last.H8())
		} else {
			store = "FMOVD"
		}
		t.Op("VUZP1 %s, %s, %s", last.B16(), first.B16(), first.B16())
		t.Op("VEOR %s, %s, %[2]s", flip.B16(), first.B16())
		t.Op("%s %s, (%s)", store, first.F(), neonTemp)
		if r+1 < t.rows {
			t.Op("ADD %s, %s", neonStride, neonTemp)
		}
	}
}

// storeWords stores results of 32 bits.
func (t *neonTile) storeWords() {
	t.Op("MOVD call_ldc(R0), %s", neonStride)
	t.Op("MOVD %s, %s", neonC, neonTemp)
	for r := range t.rows {
		for c := 0; c < t.cols; c += 2 {
			t.Op("FSTPQ (%s, %s), %d(%s)", t.acc(r, c).F(), t.acc(r, c+1).F(), 16*c, neonTemp)
		}
		if r+1 < t.rows {
			t.Op("ADD %s, %s", neonStride, neonTemp)
		}
	}
}
