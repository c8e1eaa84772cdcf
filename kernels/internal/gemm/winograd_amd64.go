//go:build amd64 && !purego

package gemm

import (
	"math"
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/pages"
)

// The variant for 3x3 windows computes squares of 2x2 pixels by Winograd's F(2x2,3x3): 16 products of transformed words
// in place of 36 products of bytes. All of it is exact: the sums are 4 times those of the definition, and 32 bits hold
// them (suitsWinograd).
const (
	winogradPositions = 16 // of a transformed square
	winogradMost      = 48 // squares of a block
	winogradLeast     = 16
	winogradRows      = 6       // squares of a tile of products
	winogradLine      = 6       // pixels of a tile of results
	winogradAhead     = 8 << 10 // bytes of weights that are fetched ahead, at most
	productBytes      = 64
	productsPitch     = winogradMost*productBytes + 64 // bytes from position to position of products
)

// computesWinograd reports whether the variant can compute a product.
func computesWinograd(s Spec) bool {
	const bound = 4 * math.MaxUint8 * -math.MinInt8
	return s.Windows && s.N%16 == 0 && s.Taps*s.TapBytes <= math.MaxInt32/bound
}

// suitsWinograd reports whether a product is so large that transforming pays: its images have many squares, few of
// which hang over the edge.
func suitsWinograd(s Spec, g Grid) bool {
	if !computesWinograd(s) || s.TapBytes < 16 {
		return false
	}
	squares := (g.Height + 1) / 2 * ((g.Width + 1) / 2)
	return squares >= winogradLeast && 2*4*squares <= 3*g.Height*g.Width
}

// packWinograd packs 4 G g Gt of each column as [panel][position][K/2][16][2] words.
func packWinograd(p *Packed, weights []int8) {
	s := &p.spec
	p.tapBytes = s.TapBytes
	pairs := (s.TapBytes + 1) / 2
	p.bytes = make([]int8, s.N/16*winogradPositions*pairs*64)
	pages.Large(p.bytes)
	out := view.Of[int16](view.Bytes(p.bytes))
	stride := s.TapBytes * s.N // from tap to tap
	for panel := range s.N / 16 {
		for k := range s.TapBytes {
			to := out[(panel*winogradPositions*pairs+k/2)*32+k%2:]
			for n := range 16 {
				var half [4][3]int16
				for j := range 3 {
					g := weights[j*stride+k*s.N+panel*16+n:]
					half[0][j], half[1][j], half[2][j], half[3][j] = winogradWeights(
						int16(g[0]), int16(g[3*stride]), int16(g[6*stride]))
				}
				for i, h := range half {
					at := i*4*pairs*32 + 2*n
					to[at], to[at+pairs*32], to[at+2*pairs*32], to[at+3*pairs*32] = winogradWeights(h[0], h[1], h[2])
				}
			}
		}
	}
}

// winogradWeights multiplies three weights by 2G.
func winogradWeights(a, b, c int16) (x0, x1, x2, x3 int16) { return 2 * a, a + b + c, a - b + c, 2 * c }

// blockWinograd is the layout of the scratch of one call.
type blockWinograd struct {
	squares, lda, pitch int // squares per block; bytes from square to square and from position to position
	products, size      int // the offset of the products; the size of the scratch
}

func (p *Packed) blockWinograd() (b blockWinograd) {
	b.lda = roundUp(2*p.spec.TapBytes, 64) | 64 // an odd number of cache lines, so that squares do not compete for sets
	b.squares = min(max(blockLimit/(winogradPositions*b.lda), winogradLeast), winogradMost)
	b.pitch = b.squares*b.lda | 64
	b.products = winogradPositions * b.pitch
	b.size = b.products + winogradPositions*productsPitch + 63
	return b
}

func scratchWinograd(p *Packed) int { return p.blockWinograd().size }

// strip is a run of squares side by side in a block.
type strip struct {
	square, squares int // the first one's number in the block
	m, width, lines int // the first pixel, and how many pixels and lines there are
}

// runnerWinograd is one call of Run.
type runnerWinograd struct {
	p              *Packed
	a              Args
	block          blockWinograd
	scratch        []byte
	panel0, panel1 int
	most           int // squares of this call's blocks

	squares, strips int // in the block
	strip           [winogradMost]strip
	offsets         [winogradMost * winogradPositions]int32
}

func runWinograd(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	r := runnerWinograd{p: p, a: a, block: p.blockWinograd(), panel0: panel0, panel1: panel1}
	skip := -int(uintptr(unsafe.Pointer(&a.Scratch[0]))) & 63
	r.scratch = a.Scratch[skip:]
	all := 0
	for m := m0; m < m1; {
		width, lines := a.Grid.strip(m, m1)
		all += (width + 1) / 2
		m += width * lines
	}
	blocks := (all + r.block.squares - 1) / r.block.squares
	r.most = min(roundUp((all+blocks-1)/blocks, winogradRows), r.block.squares)
	for m := m0; m < m1; {
		width, lines := a.Grid.strip(m, m1)
		r.add(m, width, lines)
		m += width * lines
	}
	r.flush()
}

// strip returns how many pixels from m on, but before m1, lie side by side, in how many lines: two whole lines, or a
// part of one.
func (g Grid) strip(m, m1 int) (width, lines int) {
	x, y := m%g.Width, m/g.Width%g.Height
	if x == 0 && y+1 < g.Height && m+2*g.Width <= m1 {
		return g.Width, 2
	}
	return min(g.Width-x, m1-m), 1
}

// add adds the squares of a strip to the block, which is computed whenever it is full.
func (r *runnerWinograd) add(m, width, lines int) {
	for width > 0 {
		if r.squares == r.most {
			r.flush()
		}
		s := strip{square: r.squares, squares: min((width+1)/2, r.most-r.squares), m: m, lines: lines}
		s.width = min(width, 2*s.squares)
		for i := range s.squares {
			r.place(r.offsets[(s.square+i)*winogradPositions:][:winogradPositions], m+2*i, lines)
		}
		r.strip[r.strips] = s
		r.strips++
		r.squares += s.squares
		m, width = m+s.width, width-s.width
	}
}

// place sets the offsets of the square at pixel m. Data of pixels that do not exist are any.
func (r *runnerWinograd) place(to []int32, m, lines int) {
	const taps = 9
	width := r.a.Grid.Width
	right := m%width+1 < width
	line := func(to, first []int32) { // the taps of a row of the windows of the pixel and its neighbour
		copy(to[:3], first[:3])
		if to[3] = first[2]; right {
			to[3] = first[taps+2]
		}
	}
	offsets := r.a.Offsets[m*taps:]
	for i := range 3 {
		line(to[4*i:], offsets[3*i:])
	}
	if lines == 2 {
		line(to[12:], offsets[width*taps+6:])
	} else {
		copy(to[12:16], to[8:12])
	}
}

// flush computes the block and empties it.
func (r *runnerWinograd) flush() {
	data, products := unsafe.Pointer(&r.scratch[0]), unsafe.Pointer(&r.scratch[r.block.products])
	s := &r.p.spec
	winogradTransform(&call{
		a: unsafe.Pointer(unsafe.SliceData(r.a.A)), offsets: unsafe.Pointer(&r.offsets), tiles: r.squares,
		k: (s.TapBytes + 15) / 16, c: data, ldc: r.block.lda, cPitch: r.block.pitch,
	})
	each, more, others := tiling(r.squares, winogradRows)
	pairs := (s.TapBytes + 1) / 2
	for panel := r.panel0; panel < r.panel1; panel++ {
		winogradMultiply(&call{
			a: data, lda: r.block.lda, aPitch: r.block.pitch, rows: each + 1, tiles: more, others: others,
			b: unsafe.Pointer(&r.p.bytes[panel*winogradPositions*pairs*64]), k: pairs, panels: winogradPositions,
			ahead: uintptr(min(pairs*64, winogradAhead)),
			c:     products, ldc: productBytes, cPitch: productsPitch,
		})
		r.results(panel)
	}
	r.squares, r.strips = 0, 0
}

// results computes the results of the block's products.
func (r *runnerWinograd) results(panel int) {
	var c call
	r.p.epilogueCall(&c, &r.a, panel)
	c.aPitch = productsPitch
	for _, s := range r.strip[:r.strips] {
		for line := range s.lines {
			c.sign = int32(1 - 2*line)
			m := s.m + line*r.a.Grid.Width
			for x, n := 0, 0; x < s.width; x += n {
				c.rows, c.tiles = winogradLine, (s.width-x)/winogradLine
				if c.tiles == 0 {
					c.rows, c.tiles = s.width-x, 1
				}
				n = c.rows * c.tiles
				at := r.block.products + 4*line*productsPitch + (s.square+x/2)*productBytes
				c.a = unsafe.Pointer(&r.scratch[at])
				r.p.rowsCall(&c, &r.a, m+x, panel*16)
				gemm_u8s8_chain_24x16k2_avx2(&c)
			}
		}
	}
}
