package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// A tile register has 16 rows of 64 bytes: of A 64 bytes of K, of B four of K for 16 columns, of the accumulators 16
// columns. A routine's tile has an upper and a lower half, each of one or two of them.
const (
	amxHalf  = 16
	amxRows  = 2 * amxHalf
	amxChunk = 8 // rows whose epilogue runs beside the products of one step
)

// The tile registers: accumulators [half][column], rows of A and columns of B.
var (
	amxAcc = [2][2]emit.Tile{{0, 1}, {2, 3}}
	amxA   = [2]emit.Tile{4, 5}
	amxB   = [2]emit.Tile{6, 7}
)

// The general registers: the call and two for anything; the distances of the rows of A and of B; the pointers to both
// halves of A and to B; the steps of K left. Of the pending epilogue: how many rows are left; where the next are of C, of
// the summand and of the accumulators; the distances of those of C and of the summand.
var (
	amxCall, amxX, amxY           = reg.RDI, reg.RBX, reg.RCX
	amxLDA, amxLDB                = reg.RSI, reg.RDX
	amxUpper, amxLower, amxPanel  = reg.R14, reg.RBP, reg.R15
	amxSteps                      = reg.RAX
	amxPending                    = reg.R13
	amxCNow, amxSumNow, amxAccNow = reg.R8, reg.R9, reg.R10
	amxCStride, amxSumStride      = reg.R11, reg.R12
)

// amxOperands are the fields with pointers to values of the panel's columns.
var amxOperands = []string{"init", "pre", "scale", "bias", "post"}

// amxSaved are registers that an epilogue of any list uses for something else.
var amxSaved = []reg.GPPhysical{amxSteps, amxAccNow, amxCStride, amxSumStride, amxPending}

// The locals.
const (
	localRowsLeft   = 8 * iota // rows behind the block
	localRows                  // rows of the block
	localTiles                 // whole tiles in it
	localTail                  // rows of its last tile, if that is not whole
	localTailA                 // where that tile's rows of A begin
	localTailSkip              // bytes of accumulators that it computes before its first row
	localTailLower             // whether it has a lower half
	localTilesLeft             // whole tiles of the panel, this one included
	localTileRows              // rows of this tile; 0 behind the last
	localSkip                  // of this tile: bytes of accumulators before its first row,
	localLower                 // and whether it has a lower half
	localA                     // the block's rows of A
	localC                     // this tile's part of C,
	localSum                   // and of the summand;
	localCPanel                // the panel's of C,
	localSumPanel              // and of the summand;
	localCBlock                // the block's of C,
	localSumBlock              // and of the summand
	localPanelsLeft            // panels, this one included
	localB                     // the panel's B
	localBehind                // bytes by which the pointers to the epilogue's operands are behind
	localOffsets               // the next row's
	localAhead                 // what is to be fetched of the next panel of B
	localSaved                 // amxSaved, while such an epilogue runs
	amxFrame        = localSaved + 8*5
)

func local(at int) operand.Mem { return emit.At(reg.StackPointer, at) }

// amx is a routine for panels of cols times 16 columns.
type amx struct {
	*gen
	cols int
}

// amxRoutine multiplies rows of bytes by panels of B of 16*cols columns, 64 of K at a time. The
// epilogue of each tile runs beside the products of the next, a few rows with each step of K: the unit that multiplies
// tiles and those of vectors work at the same time.
func amxRoutine(cols int) emit.Routine {
	name := fmt.Sprintf("gemm_u8s8_chain_%dx%dk64_amx", amxRows, 16*cols)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes panels of %d columns, for every m below rows:

	c[m,n] = epilogue(init[n] + sum over k4 < 16*k, i < 4 of x[m,4*k4+i] * b[k4,n,i])

Where offsets is nil, x[m,i] is a[m*lda+i], and rows is at least 32. Otherwise x[m,t*tapBytes+i] is a[offsets[m,t]+i] for
i < tapBytes, and what is behind the last tap may be anything; x goes through gathered, blockRows rows at a time, lda
bytes apart.
Of each block of blockRows rows all panels are computed. Columns whose bit in mask is 0 are not stored.
Pointers end as they were.`, name, 16*cols),
		Frame: amxFrame,
		Build: func(c *build.Context) {
			g := &amx{gen: &gen{emit.Gen{Context: c, Width: 64}}, cols: cols}
			g.build()
		},
	}
}

// pitch is the distance of the rows of B and of the accumulators.
func (g *amx) pitch() int { return 64 * g.cols }

// call is a field of the call.
func (g *amx) call(name string) operand.Mem { return field(amxCall, name) }

// copy copies a word in memory.
func (g *amx) copy(from, to operand.Mem) {
	g.MOVQ(from, amxX)
	g.MOVQ(amxX, to)
}

func (g *amx) set(to operand.Op, value int) { g.MOVQ(operand.I32(int32(value)), to) }

// jumpIfZero jumps if a word is 0.
func (g *amx) jumpIfZero(word operand.Op, label string) {
	g.CMPQ(word, operand.I8(0))
	g.JEQ(operand.LabelRef(label))
}

func (g *amx) build() {
	g.begin()
	g.Label("block")
	g.beginBlock()
	g.Label("panel")
	g.beginPanel()
	g.Label("tile")
	g.beginTile()
	g.Label("step")
	g.multiply()
	g.runPending()
	g.MOVQ(amxSteps, amxX)
	g.ADDQ(amxPending, amxX)
	g.JNZ(operand.LabelRef("step"))
	g.jumpIfZero(local(localTileRows), "finished")
	g.publish()
	g.next()
	g.Label("finished")
	g.end()
}

func (g *amx) begin() {
	g.MOVQ(emit.Param(), amxCall)
	g.MOVQ(g.call("shapes"), amxX)
	g.ConfigureTiles(emit.At(amxX, 0))
	g.MOVQ(g.call("lda"), amxLDA)
	g.set(amxLDB, g.pitch())
	g.MOVQ(g.call("ldc"), amxCStride)
	g.MOVQ(g.call("ldsum"), amxSumStride)
	g.copy(g.call("rows"), local(localRowsLeft))
	g.copy(g.call("a"), local(localA))
	g.copy(g.call("c"), local(localCBlock))
	g.copy(g.call("sum"), local(localSumBlock))
	g.copy(g.call("offsets"), local(localOffsets))
	g.set(local(localBehind), 0)
	g.set(amxPending, 0)
	g.beginFast()
}

// beginBlock begins the next block of rows.
func (g *amx) beginBlock() {
	gathered, ready := "gathered", "block_ready"
	g.MOVQ(local(localRowsLeft), amxX)
	g.CMPQ(amxX, g.call("blockRows"))
	g.JLE(operand.LabelRef("last_block"))
	g.MOVQ(g.call("blockRows"), amxX)
	g.Label("last_block")
	g.SUBQ(amxX, local(localRowsLeft))
	g.MOVQ(amxX, local(localRows))
	g.MOVQ(amxX, amxY)
	g.SHRQ(operand.U8(5), amxY)
	g.MOVQ(amxY, local(localTiles))
	g.SHLQ(operand.U8(5), amxY)
	g.SUBQ(amxY, amxX)
	g.MOVQ(amxX, local(localTail))

	// The last tile: amxX rows, behind amxY rows of whole tiles.
	g.set(local(localTailLower), 0)
	g.set(amxUpper, amxHalf)
	g.CMPQ(amxX, operand.I8(amxHalf))
	g.JLE(operand.LabelRef("half"))
	g.set(local(localTailLower), 1)
	g.set(amxUpper, amxRows)
	g.Label("half")
	g.set(local(localTailSkip), 0)
	g.CMPQ(g.call("offsets"), operand.I8(0))
	g.JNE(operand.LabelRef(gathered))
	// Where A is read in place, that tile ends with the last row and overlaps the one before.
	g.SUBQ(amxX, amxUpper)
	g.SUBQ(amxUpper, amxY)
	g.IMUL3Q(operand.I32(int32(g.pitch())), amxUpper, amxUpper)
	g.MOVQ(amxUpper, local(localTailSkip))
	g.JMP(operand.LabelRef(ready))
	g.Label(gathered)
	g.MOVQ(amxY, local(localTailA))
	g.gather()
	g.MOVQ(local(localTailA), amxY)
	g.Label(ready)
	g.IMULQ(amxLDA, amxY)
	g.ADDQ(local(localA), amxY)
	g.MOVQ(amxY, local(localTailA))

	g.copy(g.call("panels"), local(localPanelsLeft))
	g.copy(g.call("b"), local(localB))
	g.copy(local(localCBlock), local(localCPanel))
	g.copy(local(localSumBlock), local(localSumPanel))
}

// gather copies the runs of the block's rows of A side by side. It may write up to 63 bytes behind each.
func (g *amx) gather() {
	rows, taps, left, offset, row, to, from := amxSteps, amxX, amxLDB, amxUpper, amxPanel, amxLower, amxY
	x := g.V(16)
	copyLine := func() {
		g.VMOVDQU32(emit.At(from, 0), x)
		g.VMOVDQU32(x, emit.At(to, 0))
	}
	nextRun := func() {
		g.MOVLQSX(emit.At(offset, 0), from)
		g.ADDQ(operand.I8(4), offset)
		g.ADDQ(g.call("a"), from)
	}
	g.copy(g.call("gathered"), local(localA))
	g.MOVQ(local(localA), row)
	g.MOVQ(local(localOffsets), offset)
	g.MOVQ(local(localRows), rows)
	g.Label("row")
	g.MOVQ(row, to)
	g.MOVQ(g.call("taps"), taps)
	g.MOVQ(g.call("tapBytes"), left)
	g.CMPQ(left, operand.I8(64))
	g.JG(operand.LabelRef("long_run"))

	g.Label("short_run")
	nextRun()
	copyLine()
	g.ADDQ(left, to)
	g.DECQ(taps)
	g.JNZ(operand.LabelRef("short_run"))
	g.JMP(operand.LabelRef("row_end"))

	g.Label("long_run")
	nextRun()
	g.MOVQ(g.call("tapBytes"), left)
	g.Label("line")
	copyLine()
	g.ADDQ(operand.I8(64), from)
	g.ADDQ(operand.I8(64), to)
	g.SUBQ(operand.I8(64), left)
	g.JG(operand.LabelRef("line"))
	g.ADDQ(left, to)
	g.DECQ(taps)
	g.JNZ(operand.LabelRef("long_run"))

	g.Label("row_end")
	g.ADDQ(amxLDA, row)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.MOVQ(offset, local(localOffsets))
	g.set(amxLDB, g.pitch())
}

// beginPanel begins the block's next panel, with its first tile.
func (g *amx) beginPanel() {
	g.MOVQ(local(localA), amxUpper)
	g.copy(local(localTiles), local(localTilesLeft))
	g.copy(local(localCPanel), local(localC))
	g.copy(local(localSumPanel), local(localSum))
	g.set(local(localTileRows), amxRows)
	g.set(local(localSkip), 0)
	g.set(local(localLower), 1)
	g.MOVQ(local(localB), amxX)
	g.ADDQ(g.call("panelBytes"), amxX)
	g.MOVQ(amxX, local(localAhead))
	g.jumpIfZero(local(localTilesLeft), "tail")
}

// beginTile begins a tile whose rows of A begin at amxUpper.
func (g *amx) beginTile() {
	g.MOVQ(amxLDA, amxLower)
	g.SHLQ(operand.U8(4), amxLower)
	g.ADDQ(amxUpper, amxLower)
	g.MOVQ(local(localB), amxPanel)
	g.MOVQ(g.call("k"), amxSteps)
	for half := range 2 {
		for c := range g.cols {
			g.ZeroTile(amxAcc[half][c])
		}
	}
}

// multiply adds the products of the next 64 of K, if there are any.
func (g *amx) multiply() {
	g.jumpIfZero(amxSteps, "multiplied")
	g.LoadTile(emit.At(amxUpper, 0), amxLDA, amxA[0])
	for c := range g.cols {
		g.LoadTile(emit.At(amxPanel, 64*c), amxLDB, amxB[c])
		g.DotTiles(amxB[c], amxA[0], amxAcc[0][c])
	}
	g.jumpIfZero(local(localLower), "no_lower")
	g.LoadTile(emit.At(amxLower, 0), amxLDA, amxA[1])
	for c := range g.cols {
		g.DotTiles(amxB[c], amxA[1], amxAcc[1][c])
	}
	g.Label("no_lower")
	g.fetchAhead()
	g.ADDQ(operand.I8(64), amxUpper)
	g.ADDQ(operand.I8(64), amxLower)
	g.ADDQ(operand.I32(int32(amxHalf*g.pitch())), amxPanel)
	g.DECQ(amxSteps)
	g.Label("multiplied")
}

// fetchAhead brings lines of the next panel to the second cache.
func (g *amx) fetchAhead() {
	g.MOVQ(g.call("lines"), amxY)
	g.jumpIfZero(amxY, "fetched")
	g.MOVQ(local(localAhead), amxX)
	g.Label("fetch")
	g.PREFETCHT1(emit.At(amxX, 0))
	g.ADDQ(operand.I8(64), amxX)
	g.DECQ(amxY)
	g.JNZ(operand.LabelRef("fetch"))
	g.MOVQ(amxX, local(localAhead))
	g.Label("fetched")
}

// publish stores the accumulators and makes the tile's epilogue the pending one.
func (g *amx) publish() {
	g.MOVQ(g.call("acc"), amxAccNow)
	for half := range 2 {
		for c := range g.cols {
			g.StoreTile(amxAcc[half][c], emit.At(amxAccNow, amxHalf*half*g.pitch()+64*c), amxLDB)
		}
	}
	g.ADDQ(local(localSkip), amxAccNow)
	g.MOVQ(local(localTileRows), amxPending)
	g.MOVQ(local(localC), amxCNow)
	g.MOVQ(local(localSum), amxSumNow)
	g.MOVQ(local(localBehind), amxX)
	for _, name := range amxOperands {
		g.ADDQ(amxX, g.call(name))
	}
	g.set(local(localBehind), 0)
	g.loadFast()
}

// next goes on to the next tile of the panel, the next panel, the next block, or the end.
func (g *amx) next() {
	g.SUBQ(operand.I8(1), local(localTilesLeft))
	g.JL(operand.LabelRef("panel_end")) // it was the last tile
	g.MOVQ(amxCStride, amxX)
	g.SHLQ(operand.U8(5), amxX)
	g.ADDQ(amxX, local(localC))
	g.MOVQ(amxSumStride, amxX)
	g.SHLQ(operand.U8(5), amxX)
	g.ADDQ(amxX, local(localSum))
	g.MOVQ(local(localTiles), amxUpper)
	g.SUBQ(local(localTilesLeft), amxUpper)
	g.SHLQ(operand.U8(5), amxUpper)
	g.IMULQ(amxLDA, amxUpper)
	g.ADDQ(local(localA), amxUpper)
	g.CMPQ(local(localTilesLeft), operand.I8(0))
	g.JNE(operand.LabelRef("tile"))

	g.Label("tail")
	g.jumpIfZero(local(localTail), "panel_end")
	g.copy(local(localTail), local(localTileRows))
	g.copy(local(localTailSkip), local(localSkip))
	g.copy(local(localTailLower), local(localLower))
	g.MOVQ(local(localTailA), amxUpper)
	g.JMP(operand.LabelRef("tile"))

	g.Label("panel_end")
	g.DECQ(local(localPanelsLeft))
	g.JZ(operand.LabelRef("block_end"))
	g.set(local(localBehind), g.pitch())
	for _, f := range []struct {
		distance string
		at       int
	}{{"panelBytes", localB}, {"panelC", localCPanel}, {"panelSum", localSumPanel}} {
		g.MOVQ(g.call(f.distance), amxX)
		g.ADDQ(amxX, local(f.at))
	}
	g.JMP(operand.LabelRef("panel"))

	g.Label("block_end")
	g.rewind(amxX)
	g.MOVQ(amxX, local(localBehind))
	for _, f := range []struct {
		stride reg.GPPhysical
		at     int
	}{{amxLDA, localA}, {amxCStride, localCBlock}, {amxSumStride, localSumBlock}} {
		g.MOVQ(local(localRows), amxX)
		g.IMULQ(f.stride, amxX)
		g.ADDQ(amxX, local(f.at))
	}
	g.CMPQ(local(localRowsLeft), operand.I8(0))
	g.JNE(operand.LabelRef("block"))
	g.set(local(localTileRows), 0)
	g.set(amxSteps, 0)
	g.JMP(operand.LabelRef("step")) // only what is pending is left
}

// rewind makes x what brings the operands' pointers from the last panel to the first.
func (g *amx) rewind(x reg.GPPhysical) {
	g.MOVQ(g.call("panels"), x)
	g.DECQ(x)
	g.IMUL3Q(operand.I32(int32(g.pitch())), x, x)
	g.NEGQ(x)
}

func (g *amx) end() {
	g.ReleaseTiles()
	g.rewind(amxX)
	for _, name := range amxOperands {
		g.ADDQ(amxX, g.call(name))
	}
	g.VZEROUPPER()
	g.RET()
}
