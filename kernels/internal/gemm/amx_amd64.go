//go:build amd64 && !purego

package gemm

import "unsafe"

// The tile of the AMX variant is four tile registers: two halves of amxHalf rows, each of two times 16 columns. K is
// in steps of amxStep bytes.
const (
	amxHalf   = 16
	amxRows   = 2 * amxHalf
	amxStep   = 64
	amxAcc    = amxRows * 32 * 4 // bytes of a tile's accumulators
	amxCached = 1 << 20          // most bytes of B that are read again for each tile
	// Most rows for which tiles would be too empty. VNNI reads the same packing, if there is one tap.
	amxFewRows = 4
	amxBlock   = 512 << 10 // most bytes of the rows of A in a block
)

// amxShapes configures the tile registers: palette 1; all have 16 rows of 64 bytes.
var amxShapes = func() (shapes [64]byte) {
	shapes[0] = 1
	for t := range 8 {
		shapes[16+2*t], shapes[48+t] = 64, 16
	}
	return shapes
}()

// packAMX packs B as [panel][K/4][width][4]. Taps are joined, and K is padded to whole steps.
func packAMX(p *Packed, weights []int8) {
	p.tapBytes = roundUp(p.spec.Taps*p.spec.TapBytes, amxStep)
	packInterleaved(p, weights, 1, p.spec.Taps*p.spec.TapBytes, interleave16)
	const short = stepScale | stepBias | stepPost | stepSumU8 | stepSumI8 | outU8 | outI8 | flipped
	if p.flags&(outU8|outI8) != 0 && p.flags&^uint32(short) == 0 {
		p.flags |= fast
		p.operands.identities()
	}
}

// layoutAMX is how a product's rows of A are divided into blocks.
type layoutAMX struct {
	steps int  // of K
	lda   int  // bytes from row to row where they are gathered
	rows  int  // of a block
	cold  bool // B is larger than what stays in the second-level cache
}

// lines returns how many cache lines of the next panel of B to fetch with each step of K, so that all of it is
// fetched while the tiles of a block of rows are multiplied.
func (l *layoutAMX) lines(rows int) int {
	if !l.cold {
		return 0
	}
	const stepLines = 32 // of a panel, for every step of K
	tiles := (min(rows, l.rows) + amxRows - 1) / amxRows
	return (stepLines + tiles - 1) / tiles
}

// layoutAMX returns the blocks of p. All panels are computed for one block before the next. If B fits into the
// second-level cache, a block is one tile: its rows of A and of C stay in the first-level cache. Otherwise it
// is as many rows as leave room there for a panel.
func (p *Packed) layoutAMX() layoutAMX {
	l := layoutAMX{steps: p.tapBytes / amxStep, lda: p.tapBytes, rows: amxRows}
	if l.cold = len(p.bytes) > amxCached; l.cold {
		l.rows = max(amxBlock/l.lda/amxRows*amxRows, amxRows)
	}
	if l.lda%128 == 0 {
		l.lda += 64 // an odd number of cache lines, so that rows do not compete for the same cache sets
	}
	return l
}

// scratchAMX is the scratch for accumulators, a block of rows, and what gathering writes behind it.
func scratchAMX(p *Packed) int {
	l := p.layoutAMX()
	return amxAcc + l.rows*l.lda + 2*64
}

// runnerAMX is one call of Run.
type runnerAMX struct {
	call
	p *Packed
	a Args
}

func runAMX(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	if p.spec.Taps == 1 && m1-m0 <= amxFewRows {
		runVNNI(p, a, m0, m1, panel0, panel1)
		return
	}
	l, nr := p.layoutAMX(), p.variant.NR
	r := runnerAMX{p: p, a: a}
	scratch := a.Scratch[-int(uintptr(unsafe.Pointer(&a.Scratch[0])))&63:]
	r.shapes, r.acc = unsafe.Pointer(&amxShapes), unsafe.Pointer(&scratch[0])
	r.gathered = unsafe.Pointer(&scratch[amxAcc])
	r.k, r.taps, r.tapBytes = l.steps, p.spec.Taps, p.spec.TapBytes
	r.rows, r.blockRows, r.lines = m1-m0, l.rows, l.lines(m1-m0)
	r.panelBytes, r.panelC, r.panelSum = nr*l.steps*amxStep, nr*p.size, nr*p.sumSize
	if stride, ok := p.strideAMX(&a, m0, m1); ok {
		r.call.a, r.lda = unsafe.Pointer(&a.A[a.Offsets[m0]]), stride
	} else {
		r.call.a, r.lda = unsafe.Pointer(unsafe.SliceData(a.A)), l.lda
		r.offsets = unsafe.Pointer(&a.Offsets[m0*p.spec.Taps])
	}
	whole := panel1
	if p.spec.N < whole*nr {
		whole--
	}
	r.kernel(m0, panel0, whole)
	r.kernel(m0, max(whole, panel0), panel1)
}

// strideAMX returns the distance of the rows of A if that is the same everywhere and there are enough rows for a
// tile, so that they can be read where they are.
func (p *Packed) strideAMX(a *Args, m0, m1 int) (stride int, ok bool) {
	if p.spec.Taps != 1 || m1-m0 < amxRows {
		return 0, false
	}
	offsets := a.Offsets[m0:m1]
	first := offsets[1] - offsets[0]
	for i := 1; i < len(offsets); i++ {
		if offsets[i]-offsets[i-1] != first {
			return 0, false
		}
	}
	return int(first), true
}

// kernel computes panels [panel0,panel1), which have the same width, from row m on.
func (r *runnerAMX) kernel(m, panel0, panel1 int) {
	if panel0 >= panel1 {
		return
	}
	p, nr := r.p, r.p.variant.NR
	p.epilogueCall(&r.call, &r.a, panel0)
	if r.flags&partial != 0 {
		r.flags &^= fast
	}
	p.rowsCall(&r.call, &r.a, m, panel0*nr)
	r.panels = panel1 - panel0
	r.b = unsafe.Pointer(&p.bytes[panel0*r.panelBytes])
	if p.panelWidth(panel0) == nr {
		gemm_u8s8_chain_32x32k64_amx(&r.call)
	} else {
		gemm_u8s8_chain_32x16k64_amx(&r.call)
	}
}
