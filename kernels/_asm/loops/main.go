// Command loops generates the assembly of package kernels/internal/loops.
package main

import (
	"fmt"
	"slices"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "out", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "x", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "y", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "z", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "n", Type: "int", Size: 8, Doc: "elements, a multiple of 64, or those of a row, any"},
	{Name: "xStep", Type: "int", Size: 8, Doc: "bytes from 64 elements of x to the next, 0 if they are used again"},
	{Name: "yStep", Type: "int", Size: 8, Doc: "likewise"},
	{Name: "rows", Type: "int", Size: 8, Doc: ""},
	{Name: "rest", Type: "uint64", Size: 8, Doc: "a bit for each element of a row behind its whole vectors"},
}

// round is how many elements are computed at a time.
const round = 64

// element is a type of elements: whole numbers of size bytes, with a sign or without one, or, with any name, just bits;
// or reals.
type element struct {
	name         string
	size         int
	signed, real bool
}

var (
	b8, b16 = element{name: "b8", size: 1}, element{name: "b16", size: 2}
	b32     = element{name: "b32", size: 4}
	b64     = element{name: "b64", size: 8}
	u8, s8  = element{name: "u8", size: 1}, element{name: "s8", size: 1, signed: true}
	u16     = element{name: "u16", size: 2}
	s16     = element{name: "s16", size: 2, signed: true}
	u32     = element{name: "u32", size: 4}
	s32     = element{name: "s32", size: 4, signed: true}
	u64     = element{name: "u64", size: 8}
	s64     = element{name: "s64", size: 8, signed: true}
	f32     = element{name: "f32", size: 4, real: true}
	f64     = element{name: "f64", size: 8, real: true}
)

var (
	bits   = []element{b8, b16, b32, b64}
	wholes = []element{u8, s8, u16, s16, u32, s32, u64, s64}
	signed = []element{s8, s16, s32, s64}
)

func routines() (list []emit.Routine) {
	for _, width := range []int{64, 32} {
		for _, f := range slices.Concat(pairs, relations, ones, selections) {
			for _, t := range f.types {
				if width == 64 || !slices.Contains(f.wide, t) {
					list = append(list, f.routine(t, width))
				}
			}
		}
		for _, c := range conversions(width) {
			list = append(list, c.routine(width))
		}
		for _, r := range reductions {
			for _, t := range r.types {
				if width == 64 || t.size < 8 {
					list = append(list, r.routine(t, width))
				}
			}
		}
	}
	return list
}

var family = emit.Family{Name: "loops", Arguments: arguments, Table: true, Routines: routines()}

func main() { emit.Main(family) }

// The general registers.
var (
	call, out, x, y, z  = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.R10
	n, xStep, yStep     = reg.RBX, reg.R8, reg.R9
	left, rows, rowSize = reg.R11, reg.R12, reg.R13
)

// gen is one routine being generated, for elements of a type: its vectors are width bytes long. Register 0 holds the
// values of a step, those from 8 on constants.
type gen struct {
	emit.Gen
	element
}

func field(name string) operand.Mem { return arguments.At(call, name) }

// like returns register i at the width of another.
func (g *gen) like(v reg.VecPhysical, i int) reg.VecPhysical { return emit.Part(g.V(i), int(v.Size())) }

// quadwords fills register i with an immediate.
func (g *gen) quadwords(i int, v uint64) {
	g.MOVQ(operand.I64(int64(v)), reg.RAX)
	g.VMOVQ(reg.RAX, emit.X(g.V(i)))
	g.VPBROADCASTQ(emit.X(g.V(i)), g.V(i))
}

// each fills register i with a number in each element of the type.
func (g *gen) each(i int, v uint64) {
	for bits := 8 * g.size; bits < 64; bits *= 2 {
		v = v&(1<<bits-1) | v<<bits
	}
	g.quadwords(i, v)
}

// sign is the bit of the sign of an element.
func (t element) sign() uint64 { return 1 << (8*t.size - 1) }

// steps calls f for the steps of a round that take per elements each.
func steps(per int, f func(i int)) {
	for i := range round / per {
		f(i)
	}
}

// function is one of up to three operands, the first of which is in memory that x points to.
type function struct {
	name, doc string
	types     []element
	wide      []element // that have no routine of vectors of 32 bytes
	xSize     int       // bytes of an element of x, unless those of the type
	outSize   int       // of the result, likewise
	operands  int
	start     func(g *gen)        // nil for nothing
	step      func(g *gen, i int) // computes as many elements as a vector holds
}

func (f *function) routine(t element, width int) emit.Routine {
	name := fmt.Sprintf("%s_%s_%s", f.name, t.name, emit.ISA(width))
	return emit.Routine{
		Name: name, File: fmt.Sprintf("loops_%s_%s", t.name, emit.ISA(width)),
		Doc: fmt.Sprintf("%s computes, for i < n, a multiple of %d, and %s:\n\n\tout[i] = %s", name, round, t.name, f.doc),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c, Width: width}, t}
			g.MOVQ(emit.Param(), call)
			for i, r := range []reg.Register{out, x, y, z}[:f.operands+1] {
				g.MOVQ(field([]string{"out", "x", "y", "z"}[i]), r)
			}
			g.MOVQ(field("n"), n)
			if f.operands == 2 {
				g.MOVQ(field("xStep"), xStep)
				g.MOVQ(field("yStep"), yStep)
			}
			if f.start != nil {
				f.start(g)
			}
			g.Label("next")
			steps(width/t.size, func(i int) { f.step(g, i) })
			f.advance(g)
			g.SUBQ(operand.I8(round), n)
			g.JG(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// advance moves the pointers to the next round.
func (f *function) advance(g *gen) {
	size := func(bytes int) operand.Op {
		if bytes == 0 {
			bytes = g.size
		}
		return operand.I32(bytes * round)
	}
	g.ADDQ(size(f.outSize), out)
	switch f.operands {
	case 2:
		g.ADDQ(xStep, x)
		g.ADDQ(yStep, y)
		return
	case 3:
		g.ADDQ(size(0), y)
		g.ADDQ(size(0), z)
	}
	g.ADDQ(size(f.xSize), x)
}
