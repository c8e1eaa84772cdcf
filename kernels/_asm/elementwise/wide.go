package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// wide is a routine of float64 being generated. Each step is emitted for all vectors in work, in registers that the
// assembler's allocator chooses.
type wide struct {
	*gen

	inWork int
}

// source is an operand of each vector in work: values or a constant.
type source interface {
	of(i int) operand.Op
}

// values are registers, one for each vector in work.
type values []reg.Register

func (v values) of(i int) operand.Op { return v[i] }

// constant is a number of transcendental.Constants.
type constant int

func (c constant) of(int) operand.Op { return number(int(c)) }

// fresh returns new registers.
func (w *wide) fresh() values {
	v := make(values, w.inWork)
	for i := range v {
		v[i] = w.register(w.Width)
	}
	return v
}

// register returns a new register of a width.
func (w *wide) register(width int) reg.VecVirtual {
	switch width {
	case 64:
		return w.ZMM()
	case 32:
		return w.YMM()
	}
	return w.XMM()
}

// copy returns new registers with s, which later steps may overwrite.
func (w *wide) copy(s source) values {
	v := w.fresh()
	for i := range v {
		if _, ok := s.(constant); ok {
			w.VMOVUPD(s.of(i), v[i])
		} else {
			w.VMOVAPD(s.of(i), v[i])
		}
	}
	return v
}

// held returns s in registers, a constant in one that all vectors share.
func (w *wide) held(s source) values {
	c, ok := s.(constant)
	if !ok {
		return s.(values)
	}
	one := w.register(w.Width)
	w.VMOVUPD(number(int(c)), one)
	v := make(values, w.inWork)
	for i := range v {
		v[i] = one
	}
	return v
}

// operation is an instruction with the operands b, a, to of to = a op b.
type operation func(ops ...operand.Op)

// apply returns a op b.
func (w *wide) apply(op operation, a, b source) values {
	v, left := w.fresh(), w.held(a)
	for i := range v {
		op(b.of(i), left[i], v[i])
	}
	return v
}

func (w *wide) add(a, b source) values      { return w.apply(w.VADDPD, a, b) }
func (w *wide) subtract(a, b source) values { return w.apply(w.VSUBPD, a, b) }
func (w *wide) multiply(a, b source) values { return w.apply(w.VMULPD, a, b) }
func (w *wide) divide(a, b source) values   { return w.apply(w.VDIVPD, a, b) }

// least is b unless a is less, and most b unless a is more: b of NaN.
func (w *wide) least(a, b source) values { return w.apply(w.VMINPD, a, b) }
func (w *wide) most(a, b source) values  { return w.apply(w.VMAXPD, a, b) }

func (w *wide) and(a, b source) values          { return w.apply(w.VANDPD, a, b) }
func (w *wide) or(a, b source) values           { return w.apply(w.VORPD, a, b) }
func (w *wide) xor(a, b source) values          { return w.apply(w.VXORPD, a, b) }
func (w *wide) addBits(a, b source) values      { return w.apply(w.VPADDQ, a, b) }
func (w *wide) subtractBits(a, b source) values { return w.apply(w.VPSUBQ, a, b) }

// left and right shift the bits.
func (w *wide) left(a values, n int) values  { return w.shifted(w.VPSLLQ, a, n) }
func (w *wide) right(a values, n int) values { return w.shifted(w.VPSRLQ, a, n) }

func (w *wide) shifted(shift operation, a values, n int) values {
	v := w.fresh()
	for i := range v {
		shift(operand.U8(n), a[i], v[i])
	}
	return v
}

func (w *wide) squareRoot(a values) values {
	v := w.fresh()
	for i := range v {
		w.VSQRTPD(a[i], v[i])
	}
	return v
}

func (w *wide) magnitude(a values) values { return w.and(a, constant(wideMagnitude)) }
func (w *wide) negated(a values) values   { return w.xor(a, constant(wideSign)) }
func (w *wide) signs(a values) values     { return w.and(a, constant(wideSign)) }

// withSign returns |a| with the sign of x.
func (w *wide) withSign(a, x values) values { return w.or(w.magnitude(a), w.signs(x)) }

// addProduct makes z z + x*y, rounded once, and subtractProduct z - x*y.
func (w *wide) addProduct(z, x values, y source) values {
	for i := range z {
		w.VFMADD231PD(y.of(i), x[i], z[i])
	}
	return z
}

func (w *wide) subtractProduct(z, x values, y source) values {
	for i := range z {
		w.VFNMADD231PD(y.of(i), x[i], z[i])
	}
	return z
}

// timesPlus makes p p*x + y, rounded once.
func (w *wide) timesPlus(p, x values, y source) values {
	for i := range p {
		w.VFMADD213PD(y.of(i), x[i], p[i])
	}
	return p
}

// horner returns the polynomial of so many terms of x.
func (w *wide) horner(first, terms int, x values) values {
	p := w.copy(constant(first + terms - 1))
	for i := terms - 2; i >= 0; i-- {
		w.timesPlus(p, x, constant(first+i))
	}
	return p
}

// condition is what comparisons tell of each vector in work: masks, or vectors with the topmost bits set.
type condition []reg.Register

// compare tells where a compares with b.
func (w *wide) compare(predicate int, a, b source) condition {
	left := w.held(a)
	c := make(condition, len(left))
	for i := range c {
		if w.Width == 64 {
			c[i] = w.K()
		} else {
			c[i] = w.YMM()
		}
		w.VCMPPD(operand.U8(predicate), b.of(i), left[i], c[i])
	}
	return c
}

// isNegative tells where the topmost bit is set.
func (w *wide) isNegative(a values) condition {
	if w.Width < 64 {
		return condition(a)
	}
	c := make(condition, w.inWork)
	for i := range c {
		c[i] = w.K()
		w.VPMOVQ2M(a[i], c[i])
	}
	return c
}

// choose returns yes where the condition holds, and no elsewhere.
func (w *wide) choose(c condition, yes, no source) values {
	v, other := w.fresh(), w.held(no)
	for i := range v {
		if w.Width == 64 {
			w.VBLENDMPD(yes.of(i), other[i], c[i], v[i])
		} else {
			w.VBLENDVPD(c[i], yes.of(i), other[i], v[i])
		}
	}
	return v
}

// assign overwrites v.
func (w *wide) assign(v, by values) {
	for i := range v {
		w.VMOVAPD(by[i], v[i])
	}
}

// unlessBelow1 emits body so that it runs only if one of a is not less than 1.
func (w *wide) unlessBelow1(a values, body func()) {
	largest := a[:1]
	for _, v := range a[1:] {
		most := w.register(w.Width)
		w.VMAXPD(v, largest[0], most)
		largest = values{most}
	}
	below, flags, skip := w.compare(notLess, largest, unity)[0], w.GP32(), w.Fresh("below_1")
	if w.Width == 64 {
		w.KMOVW(below, flags)
	} else {
		w.VMOVMSKPS(below, flags)
	}
	w.TESTL(flags, flags)
	w.JZ(operand.LabelRef(skip))
	body()
	w.Label(skip)
}

// load returns the elements of an operand from number at on.
func (w *wide) load(base reg.Register, at int) values {
	v := w.fresh()
	for i := range v {
		w.VMOVUPD(emit.At(base, 8*at+i*w.Width), v[i])
	}
	return v
}

// scale returns the call's scale as float64.
func (w *wide) scale() values {
	narrow, v := w.register(w.Width/2), w.fresh()
	w.VBROADCASTSS(field("scale"), narrow)
	for i := range v {
		w.VCVTPS2PD(narrow, v[i])
	}
	return v
}

// wideFunction is a primitive that computes float64 of x, and of y if it is binary.
type wideFunction struct {
	name, doc string
	compute   func(w *wide, x, y values) values
	binary    bool
	registers int // what a vector in work takes of the 16 registers of AVX2 or the 32 of AVX-512
}

// routine takes as many elements in each round as the vectors in work have.
func (f wideFunction) routine(width int) emit.Routine {
	inWork := max(1, width/2/f.registers)
	size := inWork * width / 8
	name := fmt.Sprintf("elementwise_f64_%s_%d_%s", f.name, size, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf("%s computes, for i < n, a multiple of %d:\n\n\tout[i] = %s, as internal/transcendental does",
			name, size, f.doc),
		Build: func(c *build.Context) {
			w := &wide{&gen{emit.Gen{Context: c, Width: width}}, inWork}
			w.MOVQ(emit.Param(), call)
			w.MOVQ(field("out"), out)
			w.MOVQ(field("x"), x)
			if f.binary {
				w.MOVQ(field("y"), y)
			}
			w.MOVQ(field("n"), n)
			w.MOVQ(field("constants"), constants)
			w.Label("next")
			var second values
			if f.binary {
				second = w.load(y, 0)
			}
			for i, v := range f.compute(w, w.load(x, 0), second) {
				w.VMOVUPD(v, emit.At(out, i*width))
			}
			w.ADDQ(operand.I32(size*8), x)
			if f.binary {
				w.ADDQ(operand.I32(size*8), y)
			}
			w.ADDQ(operand.I32(size*8), out)
			w.SUBQ(operand.I8(size), n)
			w.JG(operand.LabelRef("next"))
			w.VZEROUPPER()
			w.RET()
		},
	}
}
