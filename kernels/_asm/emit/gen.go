package emit

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Gen is one routine being generated; the families' generators embed it.
type Gen struct {
	*build.Context
	Width  int // bytes of the routine's vectors
	labels int
}

// V returns vector register i at the width of the routine.
func (g *Gen) V(i int) reg.VecPhysical { return Vector(i, g.Width) }

// Fresh returns a label that no other part of the routine uses.
func (g *Gen) Fresh(name string) string {
	g.labels++
	return fmt.Sprintf("%s_%d", name, g.labels)
}

// When emits body so that it runs only if one of the bits is set in flags.
func (g *Gen) When(flags operand.Op, bits uint32, name string, body func()) {
	skip := g.Fresh("no_" + name)
	g.TESTL(operand.U32(bits), flags)
	g.JZ(operand.LabelRef(skip))
	body()
	g.Label(skip)
}

// Zero clears a vector.
func (g *Gen) Zero(v reg.VecPhysical) {
	if v.PhysicalIndex() > 15 { // which only instructions of AVX-512 reach
		g.VPXORD(v, v, v)
		return
	}
	g.VPXOR(X(v), X(v), X(v))
}

// Xor makes z the exclusive or of x and y.
func (g *Gen) Xor(x, y, z operand.Op) {
	if g.Width == 64 {
		g.VPXORD(x, y, z)
		return
	}
	g.VPXOR(x, y, z)
}

// Broadcast fills a vector with a constant doubleword by way of a general register.
func (g *Gen) Broadcast(value uint32, by reg.GPPhysical, v reg.VecPhysical) {
	g.MOVL(operand.U32(value), by.As32())
	g.VMOVD(by.As32(), X(v))
	g.VPBROADCASTD(X(v), v)
}

// Param is a routine's only argument.
func Param() operand.Mem { return operand.NewParamAddr("c", 0) }

// At returns the memory disp bytes behind what base points to.
func At(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// Indexed returns the memory at base + index*scale + disp.
func Indexed(base, index reg.Register, scale uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: scale, Disp: disp}
}

var xmm = [32]reg.VecPhysical{
	reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
	reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
	reg.X16, reg.X17, reg.X18, reg.X19, reg.X20, reg.X21, reg.X22, reg.X23,
	reg.X24, reg.X25, reg.X26, reg.X27, reg.X28, reg.X29, reg.X30, reg.X31,
}

// Vector returns vector register i at a width of 16, 32 or 64 bytes.
func Vector(i, width int) reg.VecPhysical {
	switch width {
	case 16:
		return xmm[i]
	case 32:
		return Y(xmm[i])
	case 64:
		return xmm[i].AsZ().(reg.VecPhysical)
	}
	panic(fmt.Sprintf("there are no vectors of %d bytes", width))
}

// X returns the lowest 16 bytes of a register.
func X(v reg.VecPhysical) reg.VecPhysical { return v.AsX().(reg.VecPhysical) }

// Y returns the lowest 32 bytes of a register.
func Y(v reg.VecPhysical) reg.VecPhysical { return v.AsY().(reg.VecPhysical) }

// Part returns the lowest n bytes of a register: 16, 32 or all of its 64.
func Part(v reg.VecPhysical, n int) reg.VecPhysical {
	switch n {
	case 16:
		return X(v)
	case 32:
		return Y(v)
	}
	return v
}

// ISA names the instruction set of routines with vectors of some bytes.
func ISA(width int) string {
	if width == 64 {
		return "avx512vnni"
	}
	return "avx2"
}
