// Command movement generates the assembly of package kernels/internal/movement.
package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "out", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "in", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "rows", Type: "unsafe.Pointer", Size: 8, Doc: "an int for each row"},
	{Name: "inStride", Type: "int", Size: 8, Doc: "times which it begins in the input"},
	{Name: "columns", Type: "unsafe.Pointer", Size: 8, Doc: "an int for each column"},
	{Name: "outStride", Type: "int", Size: 8, Doc: "times which it begins in the output"},
	{Name: "blocks", Type: "int", Size: 8, Doc: "squares of the input, beside one another"},
}

// The general registers.
var (
	call, out, in, rows, columns = reg.RDI, reg.RSI, reg.RDX, reg.R8, reg.R9
	outStride, inStride          = reg.R10, reg.R11
	left, place                  = reg.RBX, reg.RAX
)

var family = emit.Family{
	Name: "movement", Arguments: arguments, Routines: []emit.Routine{doubles(), words(), narrowWords(), halves(), bytes()},
}

func main() { emit.Main(family) }

// gen is one routine being generated.
type gen struct {
	emit.Gen
	places []reg.GPPhysical // where each row begins; nil if there are more than general registers
}

// row returns the memory of row i of the square, from byte disp on.
func (g *gen) row(i, disp int) operand.Mem {
	if g.places != nil {
		return emit.Indexed(in, g.places[i], 1, disp)
	}
	g.MOVQ(emit.At(rows, 8*i), place)
	g.IMULQ(inStride, place)
	return emit.Indexed(in, place, 1, disp)
}

// column returns the memory of column i of the square in the output.
func (g *gen) column(i int) operand.Mem {
	g.MOVQ(emit.At(columns, 8*i), place)
	g.IMULQ(outStride, place)
	return emit.Indexed(out, place, 1, 0)
}

func field(name string) operand.Mem { return arguments.At(call, name) }

// routine transposes squares of side rows, each as emitted by square.
func routine(size, side, width int, square func(g *gen)) emit.Routine {
	name := fmt.Sprintf("transpose_b%d_%dx%d_%s", 8*size, side, side, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for elements of %d bits:

	out[columns[j]*outStride + i] = in[rows[i]*inStride + j]    for i < %d and j < %d*blocks`, name, 8*size, side, side),
		Build: func(c *build.Context) {
			g := &gen{Gen: emit.Gen{Context: c, Width: width}}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("in"), in)
			g.MOVQ(field("rows"), rows)
			g.MOVQ(field("inStride"), inStride)
			g.MOVQ(field("columns"), columns)
			g.MOVQ(field("outStride"), outStride)
			g.MOVQ(field("blocks"), left)
			if side == 8 {
				g.places = []reg.GPPhysical{reg.RCX, reg.R12, reg.R13, reg.R14, reg.R15, call, inStride, rows}
				g.MOVQ(inStride, place)
				for i, r := range g.places {
					g.MOVQ(emit.At(rows, 8*i), r)
					g.IMULQ(place, r)
				}
			}
			g.Label("next")
			square(g)
			g.ADDQ(operand.I32(side*size), in)
			g.ADDQ(operand.I32(8*side), columns)
			g.DECQ(left)
			g.JNZ(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// words transposes squares of elements of 32 bits, of which a register has a row: two interleavings give 128 bits of
// each column, those of four columns in a register.
func words() emit.Routine {
	return routine(4, 16, 64, func(g *gen) {
		for i := range 16 {
			g.VMOVUPS(g.row(i, 0), g.V(i))
		}
		for i := 0; i < 16; i += 2 {
			g.VUNPCKLPS(g.V(i+1), g.V(i), g.V(16+i))
			g.VUNPCKHPS(g.V(i+1), g.V(i), g.V(17+i))
		}
		for i := 0; i < 16; i += 4 {
			for k := range 2 {
				g.VUNPCKLPD(g.V(18+i+k), g.V(16+i+k), g.V(i+2*k))
				g.VUNPCKHPD(g.V(18+i+k), g.V(16+i+k), g.V(i+2*k+1))
			}
		}
		for i := range 4 {
			g.collect(i, 4, 16)
		}
	})
}

// doubles transposes squares of elements of 64 bits as words does.
func doubles() emit.Routine {
	return routine(8, 8, 64, func(g *gen) {
		for i := range 8 {
			g.VMOVUPS(g.row(i, 0), g.V(i))
		}
		for i := 0; i < 8; i += 2 {
			g.VUNPCKLPD(g.V(i+1), g.V(i), g.V(8+i))
			g.VUNPCKHPD(g.V(i+1), g.V(i), g.V(9+i))
		}
		for i := range 2 {
			g.collect(8+i, 2, 16)
		}
	})
}

// collect stores four columns, each a quarter of every one of four registers, step apart from register first on; those
// from register free on are overwritten.
func (g *gen) collect(first, step, free int) {
	for k := range 2 {
		a, b := g.V(first+2*k*step), g.V(first+(2*k+1)*step)
		g.VSHUFI32X4(operand.U8(0x44), b, a, g.V(free+k))
		g.VSHUFI32X4(operand.U8(0xee), b, a, g.V(free+2+k))
	}
	for k := range 4 {
		v := g.V(free + 4 + k)
		g.VSHUFI32X4(operand.U8([]uint8{0x88, 0xdd}[k%2]), g.V(free+k&^1+1), g.V(free+k&^1), v)
		g.VMOVUPS(v, g.column(k*step+first%step))
	}
}

// narrowWords transposes squares of 8 elements of 32 bits: register i of four has four columns of rows i and i+4, so
// that two interleavings give the columns.
func narrowWords() emit.Routine {
	return routine(4, 8, 32, func(g *gen) {
		for first := 0; first < 8; first += 4 { // columns
			for i := range 4 {
				g.VMOVUPS(g.row(i, 4*first), emit.X(g.V(i)))
				g.VINSERTF128(operand.U8(1), g.row(4+i, 4*first), g.V(i), g.V(i))
			}
			for i := range 2 {
				g.VUNPCKLPS(g.V(2*i+1), g.V(2*i), g.V(4+2*i))
				g.VUNPCKHPS(g.V(2*i+1), g.V(2*i), g.V(5+2*i))
			}
			for i := range 2 {
				g.VUNPCKLPD(g.V(6+i), g.V(4+i), g.V(2*i))
				g.VUNPCKHPD(g.V(6+i), g.V(4+i), g.V(2*i+1))
			}
			for i := range 4 {
				g.VMOVUPS(g.V(i), g.column(first+i))
			}
		}
	})
}

// halves transposes squares of 8 elements of 16 bits.
func halves() emit.Routine {
	return routine(2, 8, 32, func(g *gen) {
		x := func(i int) reg.VecPhysical { return emit.Vector(i, 16) }
		for i := range 8 {
			g.VMOVDQU(g.row(i, 0), x(i))
		}
		for i := range 4 { // rows 2i and 2i+1, of columns 0 to 3 and 4 to 7
			g.VPUNPCKLWD(x(2*i+1), x(2*i), x(8+2*i))
			g.VPUNPCKHWD(x(2*i+1), x(2*i), x(9+2*i))
		}
		for i := range 2 { // four rows, two columns each
			for k := range 2 {
				g.VPUNPCKLDQ(x(10+4*i+k), x(8+4*i+k), x(4*i+2*k))
				g.VPUNPCKHDQ(x(10+4*i+k), x(8+4*i+k), x(4*i+2*k+1))
			}
		}
		for i := range 4 { // eight rows
			g.VPUNPCKLQDQ(x(4+i), x(i), x(8))
			g.VMOVDQU(x(8), g.column(2*i))
			g.VPUNPCKHQDQ(x(4+i), x(i), x(9))
			g.VMOVDQU(x(9), g.column(2*i+1))
		}
	})
}

// bytes transposes squares of 8 by 8 bytes.
func bytes() emit.Routine {
	return routine(1, 8, 32, func(g *gen) {
		x := func(i int) reg.VecPhysical { return emit.Vector(i, 16) }
		for i := range 8 {
			g.VMOVQ(g.row(i, 0), x(i))
		}
		for i := range 4 { // rows 2i and 2i+1
			g.VPUNPCKLBW(x(2*i+1), x(2*i), x(8+i))
		}
		for i := range 2 { // four rows, of columns 0 to 3 and 4 to 7
			g.VPUNPCKLWD(x(9+2*i), x(8+2*i), x(2*i))
			g.VPUNPCKHWD(x(9+2*i), x(8+2*i), x(2*i+1))
		}
		for i := range 2 { // eight rows, two columns each
			g.VPUNPCKLDQ(x(2+i), x(i), x(4+2*i))
			g.VPUNPCKHDQ(x(2+i), x(i), x(5+2*i))
		}
		for i := range 4 {
			g.VMOVQ(x(4+i), g.column(2*i))
			g.VPEXTRQ(operand.U8(1), x(4+i), g.column(2*i+1))
		}
	})
}
