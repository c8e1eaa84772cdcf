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
	{Name: "outStride", Type: "int", Size: 8, Doc: "bytes from row to row of the output"},
	{Name: "inStride", Type: "int", Size: 8, Doc: "bytes from row to row of the input"},
	{Name: "blocks", Type: "int", Size: 8, Doc: "squares of the input, beside one another"},
}

// The general registers.
var (
	call, out, outStride, outStride3  = reg.RDI, reg.RSI, reg.RCX, reg.R11
	in, inMiddle, inStride, inStride3 = reg.RDX, reg.R12, reg.R8, reg.R9
	left                              = reg.RBX
)

var family = emit.Family{
	Name: "movement", Arguments: arguments, Routines: []emit.Routine{words(64), words(32), bytes()},
}

func main() { emit.Main(family) }

// gen is one routine being generated: its vectors are width bytes long.
type gen struct {
	emit.Gen
}

func field(name string) operand.Mem { return arguments.At(call, name) }

// routine transposes squares of side rows, each as emitted by square.
func routine(size, side, width int, square func(g *gen)) emit.Routine {
	name := fmt.Sprintf("transpose_b%d_%dx%d_%s", 8*size, side, side, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for elements of %d bits:

	out[j][i] = in[i][j]    for i < %d and j < %d*blocks`, name, 8*size, side, side),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c, Width: width}}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("in"), in)
			g.MOVQ(field("outStride"), outStride)
			g.MOVQ(field("inStride"), inStride)
			g.MOVQ(field("blocks"), left)
			g.LEAQ(operand.Mem{Base: inStride, Index: inStride, Scale: 2}, inStride3)
			g.LEAQ(operand.Mem{Base: outStride, Index: outStride, Scale: 2}, outStride3)
			g.Label("next")
			square(g)
			g.ADDQ(operand.I32(side*size), in)
			g.DECQ(left)
			g.JNZ(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// rowOf returns row 0 to 3 behind base.
func rowOf(base, stride, stride3 reg.Register, i, disp int) operand.Mem {
	switch i {
	case 0:
		return emit.At(base, disp)
	case 3:
		return emit.Indexed(base, stride3, 1, disp)
	}
	return emit.Indexed(base, stride, uint8(i), disp)
}

// words transposes elements of 32 bits: register i of four has four columns of rows i, i+4, ..., so
// that two interleavings give the columns.
func words(width int) emit.Routine {
	side := width / 4
	return routine(4, side, width, func(g *gen) {
		for first := 0; first < side; first += 4 { // columns
			g.MOVQ(in, inMiddle)
			for part := range side / 4 {
				for i := range 4 {
					m := rowOf(inMiddle, inStride, inStride3, i, 4*first)
					switch {
					case part == 0:
						g.VMOVUPS(m, emit.X(g.V(i)))
					case width == 64:
						g.VINSERTF32X4(operand.U8(part), m, g.V(i), g.V(i))
					default:
						g.VINSERTF128(operand.U8(part), m, g.V(i), g.V(i))
					}
				}
				if part < side/4-1 {
					g.LEAQ(emit.Indexed(inMiddle, inStride, 4, 0), inMiddle)
				}
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
				g.VMOVUPS(g.V(i), rowOf(out, outStride, outStride3, i, 0))
			}
			g.LEAQ(emit.Indexed(out, outStride, 4, 0), out)
		}
	})
}

// bytes transposes squares of 8 by 8 bytes.
func bytes() emit.Routine {
	return routine(1, 8, 32, func(g *gen) {
		x := func(i int) reg.VecPhysical { return emit.Vector(i, 16) }
		g.LEAQ(emit.Indexed(in, inStride, 4, 0), inMiddle)
		for i := range 8 {
			base := reg.Register(in)
			if i >= 4 {
				base = inMiddle
			}
			g.VMOVQ(rowOf(base, inStride, inStride3, i%4, 0), x(i))
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
		for half := range 2 {
			for i := range 2 {
				v := x(4 + 2*half + i)
				g.VMOVQ(v, rowOf(out, outStride, outStride3, 2*i, 0))
				g.VPEXTRQ(operand.U8(1), v, rowOf(out, outStride, outStride3, 2*i+1, 0))
			}
			g.LEAQ(emit.Indexed(out, outStride, 4, 0), out)
		}
	})
}
