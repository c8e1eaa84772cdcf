// Package sim executes the routines of this module in plain Go, so that instruction
// sets which no machine at hand has can be tested: emit.Simulate writes a routine as
// one call of a Machine's method for each of its instructions.
//
// A method is an instruction, with its operands in the order of Go's assembler: the
// destination is the last. Instructions and forms that no routine uses are missing.
package sim

import (
	"encoding/binary"
	"math"
	"math/big"
	"unsafe"
)

// Machine is the state of one routine.
type Machine struct {
	vec   [32][64]byte
	gpr   [16]uint64
	mask  [8]uint64
	zero  bool // the flags, as jumps read them
	less  bool
	csr   uint32
	arg   uint64
	stack [512]byte
	tiles [8][16][64]byte
}

// current keeps the machine and its argument on the heap: routines address both by number.
var current struct {
	m   *Machine
	arg unsafe.Pointer
}

// New returns a machine whose argument is a pointer.
func New(arg unsafe.Pointer) *Machine {
	m := &Machine{arg: uint64(uintptr(arg)), csr: 0x1f80}
	m.gpr[4] = uint64(uintptr(unsafe.Pointer(&m.stack)))
	current.m, current.arg = m, arg
	for i := range m.vec { // no routine may rely on zeros
		for j := range m.vec[i] {
			m.vec[i][j] = 0xcc
		}
	}
	return m
}

// SimOperand is a register, an address or a constant.
type SimOperand struct {
	kind  byte // 'v', 'r', 'k', 'm', 'i'
	n     int  // number of a register
	bytes int  // its width
	value uint64
}

// V, R and K are registers, I a constant.
func V(n, bytes int) SimOperand { return SimOperand{kind: 'v', n: n, bytes: bytes} }
func R(n, bytes int) SimOperand { return SimOperand{kind: 'r', n: n, bytes: bytes} }
func K(n int) SimOperand        { return SimOperand{kind: 'k', n: n} }
func I(v int64) SimOperand      { return SimOperand{kind: 'i', value: uint64(v)} }
func (m *Machine) Param() SimOperand {
	return SimOperand{kind: 'm', value: uint64(uintptr(unsafe.Pointer(&m.arg)))}
}

// At is the memory at a base plus a scaled index; index is -1 for none.
func (m *Machine) At(base, disp, index, scale int) SimOperand {
	at := m.gpr[base] + uint64(disp)
	if index >= 0 {
		at += m.gpr[index] * uint64(scale)
	}
	return SimOperand{kind: 'm', value: at}
}

func memory(at uint64, n int) []byte {
	p := uintptr(at)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n)
}

// read returns n bytes of an operand. (Inlined, it crashes the compiler of Go 1.26.)
//
//go:noinline
func (m *Machine) read(o SimOperand, n int) (out [64]byte) {
	switch o.kind {
	case 'v':
		copy(out[:n], m.vec[o.n][:])
	case 'm':
		copy(out[:n], memory(o.value, n))
	case 'r':
		binary.LittleEndian.PutUint64(out[:], m.gpr[o.n])
	case 'k':
		binary.LittleEndian.PutUint64(out[:], m.mask[o.n])
	case 'i':
		binary.LittleEndian.PutUint64(out[:], o.value)
	}
	return out
}

// write stores n bytes in an operand. The rest of a register becomes zero.
//
//go:noinline
func (m *Machine) write(o SimOperand, v [64]byte, n int) {
	switch o.kind {
	case 'v':
		m.vec[o.n] = [64]byte{}
		copy(m.vec[o.n][:], v[:n])
	case 'm':
		copy(memory(o.value, n), v[:n])
	case 'r':
		clear(v[n:])
		m.gpr[o.n] = binary.LittleEndian.Uint64(v[:])
	case 'k':
		clear(v[n:])
		m.mask[o.n] = binary.LittleEndian.Uint64(v[:])
	}
}

func (m *Machine) integer(o SimOperand, n int) int64 {
	v := m.read(o, n)
	if n == 4 {
		return int64(int32(binary.LittleEndian.Uint32(v[:])))
	}
	return int64(binary.LittleEndian.Uint64(v[:]))
}

func (m *Machine) setInteger(o SimOperand, v int64, n int) {
	var b [64]byte
	binary.LittleEndian.PutUint64(b[:], uint64(v))
	m.write(o, b, n)
}

func (m *Machine) flags(v int64) { m.zero, m.less = v == 0, v < 0 }

func (m *Machine) compare(a, b int64) { m.zero, m.less = a == b, a < b }

// Conditions of jumps.
func (m *Machine) JZ() bool  { return m.zero }
func (m *Machine) JEQ() bool { return m.zero }
func (m *Machine) JNZ() bool { return !m.zero }
func (m *Machine) JNE() bool { return !m.zero }
func (m *Machine) JL() bool  { return m.less }
func (m *Machine) JGE() bool { return !m.less }
func (m *Machine) JLE() bool { return m.less || m.zero }
func (m *Machine) JG() bool  { return !m.less && !m.zero }
func (m *Machine) JMP() bool { return true }

// Integers.
func (m *Machine) MOVQ(a, b SimOperand)      { m.setInteger(b, m.integer(a, 8), 8) }
func (m *Machine) MOVL(a, b SimOperand)      { m.setInteger(b, m.integer(a, 4), 4) }
func (m *Machine) MOVLQSX(a, b SimOperand)   { m.setInteger(b, m.integer(a, 4), 8) }
func (m *Machine) MOVB(a, b SimOperand)      { m.write(b, m.read(a, 1), 1) }
func (m *Machine) KMOVB(a, b SimOperand)     { m.write(b, m.read(a, 1), 1) }
func (m *Machine) KMOVW(a, b SimOperand)     { m.write(b, m.read(a, 2), 2) }
func (m *Machine) KMOVD(a, b SimOperand)     { m.write(b, m.read(a, 4), 4) }
func (m *Machine) KMOVQ(a, b SimOperand)     { m.write(b, m.read(a, 8), 8) }
func (m *Machine) LEAQ(a, b SimOperand)      { m.setInteger(b, int64(a.value), 8) }
func (m *Machine) TESTL(a, b SimOperand)     { m.flags(m.integer(a, 4) & m.integer(b, 4)) }
func (m *Machine) CMPL(a, b SimOperand)      { m.compare(m.integer(a, 4), m.integer(b, 4)) }
func (m *Machine) CMPQ(a, b SimOperand)      { m.compare(m.integer(a, 8), m.integer(b, 8)) }
func (m *Machine) IMUL3Q(a, b, c SimOperand) { m.setInteger(c, m.integer(a, 8)*m.integer(b, 8), 8) }
func (m *Machine) IMULQ(a, b SimOperand)     { m.setInteger(b, m.integer(a, 8)*m.integer(b, 8), 8) }
func (m *Machine) ADDQ(a, b SimOperand)      { m.result(b, m.integer(b, 8)+m.integer(a, 8)) }
func (m *Machine) SUBQ(a, b SimOperand)      { m.result(b, m.integer(b, 8)-m.integer(a, 8)) }
func (m *Machine) XORQ(a, b SimOperand)      { m.result(b, m.integer(b, 8)^m.integer(a, 8)) }
func (m *Machine) SHLQ(a, b SimOperand)      { m.result(b, m.integer(b, 8)<<m.integer(a, 8)) }
func (m *Machine) SHRQ(a, b SimOperand)      { m.result(b, int64(uint64(m.integer(b, 8))>>m.integer(a, 8))) }
func (m *Machine) NEGQ(a SimOperand)         { m.result(a, -m.integer(a, 8)) }
func (m *Machine) DECQ(a SimOperand)         { m.result(a, m.integer(a, 8)-1) }

// Prefetching has no effect on what a program computes.
func (m *Machine) PREFETCHT0(SimOperand) {}
func (m *Machine) PREFETCHT1(SimOperand) {}

func (m *Machine) result(o SimOperand, v int64) {
	m.setInteger(o, v, 8)
	m.flags(v)
}

// Moves of vectors; with three operands under a mask of elements.
func (m *Machine) move(element int, o []SimOperand) {
	dst := o[len(o)-1]
	n := max(o[0].bytes, dst.bytes)
	if len(o) == 3 && dst.kind == 'm' {
		m.storeMasked(element, o[0], o[1], dst)
		return
	}
	if len(o) == 3 && o[0].kind == 'm' {
		m.loadMasked(element, o[0], o[1], dst)
		return
	}
	v := m.read(o[0], n)
	if len(o) == 3 {
		old := m.read(dst, n)
		for i := range n {
			if m.mask[o[1].n]>>(i/element)&1 == 0 {
				v[i] = old[i]
			}
		}
	}
	m.write(dst, v, n)
}

// loadMasked touches only the elements in the mask, and keeps those of dst elsewhere.
func (m *Machine) loadMasked(element int, a, k, dst SimOperand) {
	v := m.read(dst, dst.bytes)
	for i := range dst.bytes / element {
		if m.mask[k.n]>>i&1 == 1 {
			copy(v[i*element:][:element], memory(a.value+uint64(i*element), element))
		}
	}
	m.write(dst, v, dst.bytes)
}

// storeMasked touches only the elements in the mask.
func (m *Machine) storeMasked(element int, a, k, dst SimOperand) {
	v := m.read(a, a.bytes)
	for i := range a.bytes / element {
		if m.mask[k.n]>>i&1 == 1 {
			copy(memory(dst.value+uint64(i*element), element), v[i*element:])
		}
	}
}

func (m *Machine) VMOVUPS(o ...SimOperand)   { m.move(4, o) }
func (m *Machine) VMOVDQU(o ...SimOperand)   { m.move(4, o) }
func (m *Machine) VMOVDQU32(o ...SimOperand) { m.move(4, o) }
func (m *Machine) VMOVDQU8(o ...SimOperand)  { m.move(1, o) }
func (m *Machine) VMOVQ(a, b SimOperand)     { m.write(b, m.read(a, 8), 8) }

func (m *Machine) VMOVUPS_Z(a, k, b SimOperand) {
	if a.kind == 'v' {
		v := m.read(a, b.bytes)
		for i := range b.bytes {
			if m.mask[k.n]>>(i/4)&1 == 0 {
				v[i] = 0
			}
		}
		m.write(b, v, b.bytes)
		return
	}
	m.VMOVDQU32_Z(a, k, b)
}

// VMOVDQU32_Z reads only the elements in the mask.
func (m *Machine) VMOVDQU32_Z(a, k, b SimOperand) { m.widenMasked(a, k, b, 4, false) }
func (m *Machine) VPMOVZXBD_Z(a, k, b SimOperand) { m.widenMasked(a, k, b, 1, false) }
func (m *Machine) VPMOVSXBD_Z(a, k, b SimOperand) { m.widenMasked(a, k, b, 1, true) }

func (m *Machine) widenMasked(a, k, b SimOperand, size int, signed bool) {
	var out [64]byte
	for i := range b.bytes / 4 {
		if m.mask[k.n]>>i&1 == 0 {
			continue
		}
		var v uint32
		for j, x := range memory(a.value+uint64(i*size), size) {
			v |= uint32(x) << (8 * j)
		}
		if signed {
			v = uint32(int8(v))
		}
		binary.LittleEndian.PutUint32(out[4*i:], v)
	}
	m.write(b, out, b.bytes)
}

// widen copies elements of from bytes to elements of to bytes.
func (m *Machine) widen(a, b SimOperand, to int, signed bool) {
	n := b.bytes / to
	in := m.read(a, n)
	var out [64]byte
	for i := range n {
		out[i*to] = in[i]
		for j := 1; j < to && signed && in[i] >= 128; j++ {
			out[i*to+j] = 0xff
		}
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VPMOVZXBW(a, b SimOperand) { m.widen(a, b, 2, false) }
func (m *Machine) VPMOVSXBW(a, b SimOperand) { m.widen(a, b, 2, true) }
func (m *Machine) VPMOVZXBD(a, b SimOperand) { m.widen(a, b, 4, false) }
func (m *Machine) VPMOVSXBD(a, b SimOperand) { m.widen(a, b, 4, true) }

func (m *Machine) VPMOVDB(a, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	for i := range a.bytes / 4 {
		out[i] = in[4*i]
	}
	m.write(b, out, a.bytes/4)
}

func (m *Machine) VPBROADCASTD(a, b SimOperand) {
	in := m.read(a, 4)
	for i := 4; i < 64; i++ {
		in[i] = in[i%4]
	}
	m.write(b, in, b.bytes)
}
func (m *Machine) VBROADCASTSS(a, b SimOperand) { m.VPBROADCASTD(a, b) }

func (m *Machine) VPBROADCASTW_Z(a, k, b SimOperand) {
	in := m.read(a, 2)
	var out [64]byte
	for i := range b.bytes / 2 {
		if m.mask[k.n]>>i&1 == 1 {
			copy(out[2*i:], in[:2])
		}
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VINSERTI128(i, a, b, c SimOperand)  { m.insert(a, b, c, 16, int(i.value), 32) }
func (m *Machine) VINSERTI32X4(i, a, b, c SimOperand) { m.insert(a, b, c, 16, int(i.value), 64) }
func (m *Machine) VINSERTI64X4(i, a, b, c SimOperand) { m.insert(a, b, c, 32, int(i.value), 64) }

// insert replaces the i-th n bytes of a vector of some width.
func (m *Machine) insert(a, b, c SimOperand, n, i, width int) {
	v, part := m.read(b, width), m.read(a, n)
	copy(v[n*i:], part[:n])
	m.write(c, v, width)
}

func (m *Machine) VEXTRACTI128(i, a, b SimOperand) {
	m.part(a, b, 16, int(i.value))
}

// VPERM2I128 takes two of the four halves of b and a, as the lowest bits of each half of i say.
func (m *Machine) VPERM2I128(i, a, b, c SimOperand) {
	x, y := m.read(b, 32), m.read(a, 32)
	halves := append(append([]byte(nil), x[:32]...), y[:32]...)
	var out [64]byte
	copy(out[:16], halves[16*(i.value&3):])
	copy(out[16:32], halves[16*(i.value>>4&3):])
	m.write(c, out, 32)
}

// VPSHUFD takes each doubleword from the one of the four beside it that two bits of i name.
func (m *Machine) VPSHUFD(i, a, b SimOperand) {
	v := m.read(a, b.bytes)
	var out [64]byte
	for at := 0; at < b.bytes; at += 4 {
		from := at&^15 + 4*int(i.value>>(at/4%4*2)&3)
		copy(out[at:at+4], v[from:])
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VEXTRACTI64X4(i, a, b SimOperand) { m.part(a, b, 32, int(i.value)) }

// VPINSRQ replaces the i-th 8 bytes of b by a.
func (m *Machine) VPINSRQ(i, a, b, c SimOperand) {
	v, part := m.read(b, 16), m.read(a, 8)
	for j := range 8 {
		v[8*int(i.value)+j] = part[j]
	}
	m.write(c, v, 16)
}

func (m *Machine) VPEXTRQ(i, a, b SimOperand) {
	m.part(a, b, 8, int(i.value))
}

// part copies the i-th n bytes of a to b.
func (m *Machine) part(a, b SimOperand, n, i int) {
	v := m.read(a, n*(i+1))
	var out [64]byte
	for j := range n {
		out[j] = v[n*i+j]
	}
	m.write(b, out, n)
}

func (m *Machine) VPERMD(src, order, dst SimOperand) {
	n := dst.bytes
	v, o := m.read(src, n), m.read(order, n)
	var out [64]byte
	for i := range n {
		out[i] = v[4*(int(o[i&^3])%(n/4))+i%4]
	}
	m.write(dst, out, n)
}

func (m *Machine) VPERMPS(src, order, dst SimOperand) { m.VPERMD(src, order, dst) }

func (m *Machine) VZEROUPPER() {
	for i := range 16 {
		clear(m.vec[i][16:])
	}
}

func (m *Machine) VZEROALL() { clear(m.vec[:16]) }

// lanes computes each 32-bit lane from those of the sources.
func (m *Machine) lanes(a, b, c SimOperand, f func(a, b, c uint32) uint32) {
	x, y, z := m.read(a, c.bytes), m.read(b, c.bytes), m.read(c, c.bytes)
	for i := 0; i < c.bytes; i += 4 {
		v := f(binary.LittleEndian.Uint32(x[i:]), binary.LittleEndian.Uint32(y[i:]), binary.LittleEndian.Uint32(z[i:]))
		binary.LittleEndian.PutUint32(z[i:], v)
	}
	m.write(c, z, c.bytes)
}

func (m *Machine) VPXOR(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return a ^ b })
}

// VPANDN is a and not b (b, the first source in Intel's order, is inverted).
func (m *Machine) VPANDN(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return a &^ b })
}
func (m *Machine) VPANDND(a, b, c SimOperand) { m.VPANDN(a, b, c) }

func (m *Machine) VPSRAD(i, a, b SimOperand) {
	m.lanes(a, a, b, func(a, _, _ uint32) uint32 { return uint32(int32(a) >> i.value) })
}

func (m *Machine) VPADDD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return a + b })
}

func (m *Machine) VPMADDWD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 {
		return uint32(int32(int16(a))*int32(int16(b)) + int32(a)>>16*(int32(b)>>16))
	})
}

func (m *Machine) VPDPBUSD(signed, unsigned, c SimOperand) {
	m.lanes(signed, unsigned, c, func(s, u, acc uint32) uint32 {
		for i := 0; i < 32; i += 8 {
			acc += uint32(int32(int8(s>>i)) * int32(uint8(u>>i)))
		}
		return acc
	})
}

// VPDPBUSD_VEX is the form of AVX-VNNI.
func (m *Machine) VPDPBUSD_VEX(signed, unsigned, c SimOperand) { m.VPDPBUSD(signed, unsigned, c) }

func (m *Machine) floats(a, b, c SimOperand, f func(a, b, c float32) float32) {
	m.lanes(a, b, c, func(x, y, z uint32) uint32 {
		return math.Float32bits(f(math.Float32frombits(x), math.Float32frombits(y), math.Float32frombits(z)))
	})
}

func (m *Machine) VADDPS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, _ float32) float32 { return b + a })
}

func (m *Machine) VMULPS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, _ float32) float32 { return float32(b * a) })
}

func (m *Machine) VFMADD231PS(a, b, c SimOperand) {
	f := fusedMultiplyAdd
	if m.csr == flushing {
		f = flushedMultiplyAdd
	}
	m.floats(a, b, c, f)
}

// flushing is MXCSR with subnormal operands and results as zeros, and no exceptions.
const flushing = 0x9fc0

func (m *Machine) STMXCSR(a SimOperand) { m.setInteger(a, int64(m.csr), 4) }
func (m *Machine) LDMXCSR(a SimOperand) { m.csr = uint32(m.integer(a, 4)) }

// VDPBF16PS regards no MXCSR.
func (m *Machine) VDPBF16PS(a, b, c SimOperand) {
	m.floats(a, b, c, func(x, y, sum float32) float32 {
		part := func(v float32, shift int) float32 {
			return math.Float32frombits(math.Float32bits(v) << shift & 0xffff0000)
		}
		for _, shift := range []int{0, 16} {
			sum = flushedMultiplyAdd(part(x, shift), part(y, shift), sum)
		}
		return sum
	})
}

// flushedMultiplyAdd rounds once, as if exponents had no limit, and makes subnormal results zeros then.
func flushedMultiplyAdd(x, y, z float32) float32 {
	const least = 0x1p-126
	flushed := func(v float64) float32 {
		if math.Abs(v) < least {
			return float32(math.Copysign(0, v))
		}
		return float32(v)
	}
	x, y, z = flushed(float64(x)), flushed(float64(y)), flushed(float64(z))
	sum := float64(x)*float64(y) + float64(z)
	if math.IsNaN(sum) || math.Abs(sum) >= 2*least {
		return fusedMultiplyAdd(x, y, z)
	}
	b := func(v float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(v)) }
	exact := b(x)
	exact.Mul(exact, b(y)).Add(exact, b(z))
	rounded, _ := new(big.Float).SetPrec(24).Set(exact).Float64()
	return flushed(rounded)
}

func (m *Machine) VFMADD213PS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, c float32) float32 { return fusedMultiplyAdd(b, c, a) })
}

func fusedMultiplyAdd(x, y, z float32) float32 {
	product, addend := float64(x)*float64(y), float64(z) // both exactly
	sum := product + addend
	part := sum - product
	isExact := product-(sum-part) == 0 && addend-part == 0
	if isExact || sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return float32(sum)
	}
	b := func(v float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(v)) }
	exact := b(x)
	f, _ := exact.Mul(exact, b(y)).Add(exact, b(z)).Float32()
	return f
}

// The second source in Intel's order, the first here, is the result where neither is
// greater (less) than the other.
func (m *Machine) VMAXPS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, _ float32) float32 {
		if b > a {
			return b
		}
		return a
	})
}

func (m *Machine) VMINPS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, _ float32) float32 {
		if b < a {
			return b
		}
		return a
	})
}

func (m *Machine) VCVTDQ2PS(a, b SimOperand) {
	m.lanes(a, a, b, func(a, _, _ uint32) uint32 { return math.Float32bits(float32(int32(a))) })
}

func (m *Machine) VCVTPS2DQ(a, b SimOperand) {
	m.lanes(a, a, b, func(a, _, _ uint32) uint32 {
		f := math.RoundToEven(float64(math.Float32frombits(a)))
		if !(f >= math.MinInt32 && f <= math.MaxInt32) {
			return 1 << 31
		}
		return uint32(int32(f))
	})
}

// pack saturates the elements of b, then of a, within each 128-bit lane.
func (m *Machine) pack(a, b, c SimOperand, size int, lo, hi int32) {
	x, y := m.read(a, c.bytes), m.read(b, c.bytes)
	var out [64]byte
	for lane := 0; lane < c.bytes; lane += 16 {
		at := lane
		for _, in := range [][]byte{y[lane : lane+16], x[lane : lane+16]} {
			for i := 0; i < 16; i += size {
				v := int32(int16(binary.LittleEndian.Uint16(in[i:])))
				if size == 4 {
					v = int32(binary.LittleEndian.Uint32(in[i:]))
				}
				v = min(max(v, lo), hi)
				out[at] = byte(v)
				if size == 4 {
					out[at+1] = byte(v >> 8)
				}
				at += size / 2
			}
		}
	}
	m.write(c, out, c.bytes)
}

// unpack alternates elements of b and a from the first or the second half of each 16 bytes.
func (m *Machine) unpack(a, b, c SimOperand, size, half int) {
	x, y := m.read(a, c.bytes), m.read(b, c.bytes)
	var out [64]byte
	for i := range c.bytes {
		at := i&^15 + half*8 + i%16/(2*size)*size + i%size
		out[i] = y[at]
		if i/size%2 == 1 {
			out[i] = x[at]
		}
	}
	m.write(c, out, c.bytes)
}

func (m *Machine) VPUNPCKLDQ(a, b, c SimOperand)  { m.unpack(a, b, c, 4, 0) }
func (m *Machine) VPUNPCKHDQ(a, b, c SimOperand)  { m.unpack(a, b, c, 4, 1) }
func (m *Machine) VPUNPCKLQDQ(a, b, c SimOperand) { m.unpack(a, b, c, 8, 0) }
func (m *Machine) VPUNPCKHQDQ(a, b, c SimOperand) { m.unpack(a, b, c, 8, 1) }

// VSHUFI32X4 takes two 16-byte lanes of b, then two of a, by two bits of which each.
func (m *Machine) VSHUFI32X4(which, a, b, c SimOperand) {
	x, y := m.read(a, 64), m.read(b, 64)
	var out [64]byte
	for i := range 4 {
		from := y
		if i >= 2 {
			from = x
		}
		copy(out[16*i:16*i+16], from[16*(which.value>>(2*i)&3):])
	}
	m.write(c, out, 64)
}

// VPCOMPRESSD_Z moves the doublewords in the mask together.
func (m *Machine) VPCOMPRESSD_Z(a, k, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	n := 0
	for i := range a.bytes / 4 {
		if m.mask[k.n]>>i&1 == 1 {
			copy(out[4*n:4*n+4], in[4*i:])
			n++
		}
	}
	m.write(b, out, b.bytes)
}

// VPEXPANDD_Z is the opposite.
func (m *Machine) VPEXPANDD_Z(a, k, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	n := 0
	for i := range b.bytes / 4 {
		if m.mask[k.n]>>i&1 == 1 {
			copy(out[4*i:4*i+4], in[4*n:])
			n++
		}
	}
	m.write(b, out, b.bytes)
}

// repeat fills b with the first n bytes of a.
func (m *Machine) repeat(a, b SimOperand, n int) {
	in := m.read(a, n)
	for i := n; i < 64; i++ {
		in[i] = in[i%n]
	}
	m.write(b, in, b.bytes)
}

func (m *Machine) VPBROADCASTQ(a, b SimOperand)    { m.repeat(a, b, 8) }
func (m *Machine) VBROADCASTI32X4(a, b SimOperand) { m.repeat(a, b, 16) }
func (m *Machine) VBROADCASTI32X8(a, b SimOperand) { m.repeat(a, b, 32) }

func (m *Machine) VPUNPCKLBW(a, b, c SimOperand) { m.unpack(a, b, c, 1, 0) }
func (m *Machine) VPUNPCKHBW(a, b, c SimOperand) { m.unpack(a, b, c, 1, 1) }
func (m *Machine) VPUNPCKLWD(a, b, c SimOperand) { m.unpack(a, b, c, 2, 0) }
func (m *Machine) VPUNPCKHWD(a, b, c SimOperand) { m.unpack(a, b, c, 2, 1) }

func (m *Machine) VPACKSSDW(a, b, c SimOperand) { m.pack(a, b, c, 4, math.MinInt16, math.MaxInt16) }
func (m *Machine) VPACKSSWB(a, b, c SimOperand) { m.pack(a, b, c, 2, math.MinInt8, math.MaxInt8) }
func (m *Machine) VPACKUSWB(a, b, c SimOperand) { m.pack(a, b, c, 2, 0, math.MaxUint8) }

// What the depthwise, pool and elementwise routines use beside these.

func (m *Machine) TESTQ(a, b SimOperand)     { m.flags(m.integer(a, 8) & m.integer(b, 8)) }
func (m *Machine) VMOVD(a, b SimOperand)     { m.write(b, m.read(a, 4), 4) }
func (m *Machine) VMOVAPS(o ...SimOperand)   { m.move(4, o) }
func (m *Machine) VPXORD(a, b, c SimOperand) { m.VPXOR(a, b, c) }
func (m *Machine) VPANDD(a, b, c SimOperand) { m.VPAND(a, b, c) }
func (m *Machine) VANDPS(a, b, c SimOperand) { m.VPAND(a, b, c) }

func (m *Machine) CMOVQLT(a, b SimOperand) {
	if m.less {
		m.setInteger(b, m.integer(a, 8), 8)
	}
}

func (m *Machine) VPAND(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return a & b })
}

func (m *Machine) VPOR(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return a | b })
}

func (m *Machine) VPORD(a, b, c SimOperand) { m.VPOR(a, b, c) }

// rounding returns what a mode of VROUNDPS does.
func rounding(mode SimOperand) func(float64) float64 {
	return [...]func(float64) float64{math.RoundToEven, math.Floor, math.Ceil, math.Trunc}[mode.value&3]
}

func (m *Machine) VROUNDPS(mode, a, b SimOperand) {
	m.floats(a, a, b, func(a, _, _ float32) float32 { return float32(rounding(mode)(float64(a))) })
}

func (m *Machine) VROUNDPD(mode, a, b SimOperand) {
	m.doubles(a, a, b, func(a, _ float64) float64 { return rounding(mode)(a) })
}

func (m *Machine) VRNDSCALEPS(mode, a, b SimOperand) { m.VROUNDPS(mode, a, b) }
func (m *Machine) VRNDSCALEPD(mode, a, b SimOperand) { m.VROUNDPD(mode, a, b) }

func (m *Machine) VPSUBD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return b - a })
}

func (m *Machine) VSUBPS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, _ float32) float32 { return b - a })
}

func (m *Machine) VDIVPS(a, b, c SimOperand) {
	m.floats(a, b, c, func(a, b, _ float32) float32 { return b / a })
}

// words computes each 16-bit lane from those of the sources.
func (m *Machine) words(a, b, c SimOperand, f func(a, b uint16) uint16) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 {
		return uint32(f(uint16(a), uint16(b))) | uint32(f(uint16(a>>16), uint16(b>>16)))<<16
	})
}

func (m *Machine) VPADDW(a, b, c SimOperand) {
	m.words(a, b, c, func(a, b uint16) uint16 { return a + b })
}

func (m *Machine) VPSUBW(a, b, c SimOperand) {
	m.words(a, b, c, func(a, b uint16) uint16 { return b - a })
}

// VPSIGND gives b the sign of a.
func (m *Machine) VPSIGND(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 {
		switch s := int32(a); {
		case s < 0:
			return -b
		case s == 0:
			return 0
		}
		return b
	})
}

func (m *Machine) VPMADDUBSW(signed, unsigned, c SimOperand) {
	m.words(signed, unsigned, c, func(s, u uint16) uint16 {
		sum := int32(int8(s))*int32(uint8(u)) + int32(int8(s>>8))*int32(uint8(u>>8))
		return uint16(min(max(sum, math.MinInt16), math.MaxInt16))
	})
}

func (m *Machine) VPSRLW(o ...SimOperand) {
	m.shiftWords(o, func(v, n uint16) uint16 { return v >> n })
}

func (m *Machine) VPSLLW(o ...SimOperand) {
	m.shiftWords(o, func(v, n uint16) uint16 { return v << n })
}

// shiftWords takes a count, a source, perhaps a mask and a destination, which keeps its words without a bit in the
// mask.
func (m *Machine) shiftWords(o []SimOperand, f func(v, n uint16) uint16) {
	shifted, to := m.read(o[1], 64), o[len(o)-1]
	for i := 0; i < 64; i += 2 {
		v := f(binary.LittleEndian.Uint16(shifted[i:]), uint16(o[0].value))
		binary.LittleEndian.PutUint16(shifted[i:], v)
	}
	if len(o) == 4 {
		kept := m.read(to, 64)
		for i := range shifted {
			if m.mask[o[2].n]>>(i/2)&1 == 0 {
				shifted[i] = kept[i]
			}
		}
	}
	m.write(to, shifted, to.bytes)
}

func (m *Machine) VPMOVW2M(a, k SimOperand) {
	v := m.read(a, a.bytes)
	m.mask[k.n] = 0
	for i := range a.bytes / 2 {
		m.mask[k.n] |= uint64(v[2*i+1]>>7) << i
	}
}

func (m *Machine) VPTESTMW(a, b, k SimOperand) {
	x, y := m.read(a, b.bytes), m.read(b, b.bytes)
	m.mask[k.n] = 0
	for i := range b.bytes / 2 {
		if x[2*i]&y[2*i] != 0 || x[2*i+1]&y[2*i+1] != 0 {
			m.mask[k.n] |= 1 << i
		}
	}
}

func (m *Machine) VPTESTNMW(a, b, k SimOperand) {
	m.VPTESTMW(a, b, k)
	m.mask[k.n] ^= 1<<(b.bytes/2) - 1
}

// VPERMI2W takes words of b and then of a by the lowest bits of those of c, which it replaces.
func (m *Machine) VPERMI2W(a, b, c SimOperand) {
	tables, v := [2][64]byte{m.read(b, c.bytes), m.read(a, c.bytes)}, m.read(c, c.bytes)
	n := c.bytes / 2
	for i := range n {
		at := int(binary.LittleEndian.Uint16(v[2*i:])) & (2*n - 1)
		copy(v[2*i:2*i+2], tables[at/n][at%n*2:])
	}
	m.write(c, v, c.bytes)
}

func (m *Machine) VPCMPEQW(a, b, c SimOperand) {
	m.words(a, b, c, func(a, b uint16) uint16 {
		if a == b {
			return 0xffff
		}
		return 0
	})
}

// each computes each byte from those of the sources.
func (m *Machine) each(a, b, c SimOperand, f func(a, b byte) byte) {
	m.words(a, b, c, func(a, b uint16) uint16 {
		return uint16(f(byte(a), byte(b))) | uint16(f(byte(a>>8), byte(b>>8)))<<8
	})
}

func (m *Machine) VPMAXUB(a, b, c SimOperand) {
	m.each(a, b, c, func(a, b byte) byte { return max(a, b) })
}

func (m *Machine) VPMAXSB(a, b, c SimOperand) {
	m.each(a, b, c, func(a, b byte) byte { return byte(max(int8(a), int8(b))) })
}

// unordered reports what predicate n says of two floats: b on the left of a.
func unordered[T float32 | float64](n SimOperand, a, b T) bool {
	switch n.value {
	case 0:
		return b == a
	case 1, 17:
		return b < a
	case 2, 18:
		return b <= a
	case 4:
		return b != a
	case 5:
		return !(b < a)
	case 6:
		return !(b <= a)
	case 9:
		return !(b >= a)
	case 12:
		return b < a || b > a
	case 13:
		return b >= a
	case 14:
		return b > a
	case 3:
		return a != a || b != b
	case 7:
		return a == a && b == b
	}
	panic("sim: unknown predicate")
}

func (m *Machine) VCMPPS(n, a, b, c SimOperand) {
	if c.kind == 'k' {
		x, y := m.read(a, b.bytes), m.read(b, b.bytes)
		var mask uint64
		for i := range b.bytes / 4 {
			v := math.Float32frombits(binary.LittleEndian.Uint32(x[4*i:]))
			w := math.Float32frombits(binary.LittleEndian.Uint32(y[4*i:]))
			if unordered(n, v, w) {
				mask |= 1 << i
			}
		}
		m.mask[c.n] = mask
		return
	}
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 {
		if unordered(n, math.Float32frombits(a), math.Float32frombits(b)) {
			return 0xffffffff
		}
		return 0
	})
}

func (m *Machine) VBLENDVPS(mask, a, b, c SimOperand) {
	x, y, k := m.read(a, c.bytes), m.read(b, c.bytes), m.read(mask, c.bytes)
	for i := range c.bytes {
		if k[i|3] >= 0x80 {
			y[i] = x[i]
		}
	}
	m.write(c, y, c.bytes)
}

func (m *Machine) VEXTRACTI32X4(i, a, b SimOperand) { m.part(a, b, 16, int(i.value)) }

// wide computes each 64-bit lane from those of the sources.
func (m *Machine) wide(a, b, c SimOperand, f func(a, b uint64) uint64) {
	x, y := m.read(a, c.bytes), m.read(b, c.bytes)
	for i := 0; i < c.bytes; i += 8 {
		v := f(binary.LittleEndian.Uint64(x[i:]), binary.LittleEndian.Uint64(y[i:]))
		binary.LittleEndian.PutUint64(x[i:], v)
	}
	m.write(c, x, c.bytes)
}

func (m *Machine) doubles(a, b, c SimOperand, f func(a, b float64) float64) {
	m.wide(a, b, c, func(a, b uint64) uint64 {
		return math.Float64bits(f(math.Float64frombits(a), math.Float64frombits(b)))
	})
}

func (m *Machine) VADDPD(a, b, c SimOperand) {
	m.doubles(a, b, c, func(a, b float64) float64 { return b + a })
}

func (m *Machine) VSUBPD(a, b, c SimOperand) {
	m.doubles(a, b, c, func(a, b float64) float64 { return b - a })
}

func (m *Machine) VMULPD(a, b, c SimOperand) {
	m.doubles(a, b, c, func(a, b float64) float64 { return float64(b * a) })
}

func (m *Machine) VDIVPD(a, b, c SimOperand) {
	m.doubles(a, b, c, func(a, b float64) float64 { return b / a })
}

func (m *Machine) VMAXPD(a, b, c SimOperand) {
	m.doubles(a, b, c, func(a, b float64) float64 {
		if b > a {
			return b
		}
		return a
	})
}

func (m *Machine) VMINPD(a, b, c SimOperand) {
	m.doubles(a, b, c, func(a, b float64) float64 {
		if b < a {
			return b
		}
		return a
	})
}

func (m *Machine) VSQRTPD(a, b SimOperand) {
	m.doubles(a, a, b, func(a, _ float64) float64 { return math.Sqrt(a) })
}

func (m *Machine) VSQRTPS(a, b SimOperand) {
	m.floats(a, a, b, func(a, _, _ float32) float32 { return float32(math.Sqrt(float64(a))) })
}

func (m *Machine) VPSLLQ(i, a, b SimOperand) {
	m.wide(a, a, b, func(a, _ uint64) uint64 { return a << i.value })
}

func (m *Machine) VCMPPD(n, a, b, c SimOperand) {
	if c.kind == 'k' {
		x, y := m.read(a, b.bytes), m.read(b, b.bytes)
		m.mask[c.n] = 0
		for i := range b.bytes / 8 {
			v := math.Float64frombits(binary.LittleEndian.Uint64(x[8*i:]))
			if unordered(n, v, math.Float64frombits(binary.LittleEndian.Uint64(y[8*i:]))) {
				m.mask[c.n] |= 1 << i
			}
		}
		return
	}
	m.wide(a, b, c, func(a, b uint64) uint64 {
		if unordered(n, math.Float64frombits(a), math.Float64frombits(b)) {
			return 1<<64 - 1
		}
		return 0
	})
}

// VMOVMSKPS takes the topmost bits.
func (m *Machine) VMOVMSKPS(a, b SimOperand) {
	v := m.read(a, a.bytes)
	m.gpr[b.n] = 0
	for i := range a.bytes / 4 {
		m.gpr[b.n] |= uint64(v[4*i+3]>>7) << i
	}
}

// VPMOVD2M takes the topmost bits.
func (m *Machine) VPMOVD2M(a, k SimOperand) {
	v := m.read(a, a.bytes)
	m.mask[k.n] = 0
	for i := range a.bytes / 4 {
		m.mask[k.n] |= uint64(v[4*i+3]>>7) << i
	}
}

// VPMOVQ2M takes the topmost bits.
func (m *Machine) VPMOVQ2M(a, k SimOperand) {
	v := m.read(a, a.bytes)
	m.mask[k.n] = 0
	for i := range a.bytes / 8 {
		m.mask[k.n] |= uint64(v[8*i+7]>>7) << i
	}
}

// blend takes elements of a where the mask has a bit, and of b elsewhere.
func (m *Machine) blend(a, b, k, c SimOperand, size int) {
	x, y := m.read(a, c.bytes), m.read(b, c.bytes)
	for i := range c.bytes {
		if m.mask[k.n]>>(i/size)&1 == 1 {
			y[i] = x[i]
		}
	}
	m.write(c, y, c.bytes)
}

func (m *Machine) VBLENDMPS(a, b, k, c SimOperand) { m.blend(a, b, k, c, 4) }
func (m *Machine) VBLENDMPD(a, b, k, c SimOperand) { m.blend(a, b, k, c, 8) }
func (m *Machine) VPBLENDMB(a, b, k, c SimOperand) { m.blend(a, b, k, c, 1) }
func (m *Machine) VPBLENDMW(a, b, k, c SimOperand) { m.blend(a, b, k, c, 2) }

func (m *Machine) VBLENDVPD(mask, a, b, c SimOperand) {
	x, y, k := m.read(a, c.bytes), m.read(b, c.bytes), m.read(mask, c.bytes)
	for i := range c.bytes {
		if k[i|7] >= 0x80 {
			y[i] = x[i]
		}
	}
	m.write(c, y, c.bytes)
}

// fused computes each float64 from those of the operands, the last of which it replaces.
func (m *Machine) fused(a, b, c SimOperand, f func(a, b, c float64) float64) {
	x, y, z := m.read(a, c.bytes), m.read(b, c.bytes), m.read(c, c.bytes)
	at := func(v [64]byte, i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(v[i:])) }
	for i := 0; i < c.bytes; i += 8 {
		v := f(at(x, i), at(y, i), at(z, i))
		binary.LittleEndian.PutUint64(z[i:], math.Float64bits(v))
	}
	m.write(c, z, c.bytes)
}

func (m *Machine) VFMADD213PD(a, b, c SimOperand) {
	m.fused(a, b, c, func(a, b, c float64) float64 { return math.FMA(b, c, a) })
}

func (m *Machine) VFMADD231PD(a, b, c SimOperand) {
	m.fused(a, b, c, func(a, b, c float64) float64 { return math.FMA(b, a, c) })
}

func (m *Machine) VFNMADD231PD(a, b, c SimOperand) {
	m.fused(a, b, c, func(a, b, c float64) float64 { return math.FMA(-b, a, c) })
}

func (m *Machine) VFNMADD132PD(a, b, c SimOperand) {
	m.fused(a, b, c, func(a, b, c float64) float64 { return math.FMA(-c, a, b) })
}

func (m *Machine) VPADDQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(a, b uint64) uint64 { return a + b })
}

func (m *Machine) VPSRLQ(i, a, b SimOperand) {
	m.wide(a, a, b, func(a, _ uint64) uint64 { return a >> i.value })
}

func (m *Machine) VORPS(a, b, c SimOperand)   { m.VPOR(a, b, c) }
func (m *Machine) VXORPS(a, b, c SimOperand)  { m.VPXOR(a, b, c) }
func (m *Machine) VXORPD(a, b, c SimOperand)  { m.VPXOR(a, b, c) }
func (m *Machine) VORPD(a, b, c SimOperand)   { m.VPOR(a, b, c) }
func (m *Machine) VANDPD(a, b, c SimOperand)  { m.VPAND(a, b, c) }
func (m *Machine) VANDNPD(a, b, c SimOperand) { m.VPANDN(a, b, c) }
func (m *Machine) VMOVUPD(a, b SimOperand)    { m.move(8, []SimOperand{a, b}) }
func (m *Machine) VMOVAPD(a, b SimOperand)    { m.move(8, []SimOperand{a, b}) }

func (m *Machine) VCVTPS2PD(a, b SimOperand) {
	in := m.read(a, b.bytes/2)
	var out [64]byte
	for i := range b.bytes / 8 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(in[4*i:]))
		binary.LittleEndian.PutUint64(out[8*i:], math.Float64bits(float64(v)))
	}
	m.write(b, out, b.bytes)
}

// VCVTPD2PSY is VCVTPD2PS of 32 bytes.
func (m *Machine) VCVTPD2PSY(a, b SimOperand) { m.VCVTPD2PS(a, b) }

func (m *Machine) VCVTPD2PS(a, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	for i := range a.bytes / 8 {
		v := math.Float64frombits(binary.LittleEndian.Uint64(in[8*i:]))
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(float32(v)))
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VBROADCASTI128(a, b SimOperand) {
	in := m.read(a, 16)
	for i := 16; i < b.bytes; i++ {
		in[i] = in[i%16]
	}
	m.write(b, in, b.bytes)
}

func (m *Machine) VPADDUSB(a, b, c SimOperand) {
	m.each(a, b, c, func(a, b byte) byte { return byte(min(int(a)+int(b), 255)) })
}

func (m *Machine) VPSUBB(a, b, c SimOperand) {
	m.each(a, b, c, func(a, b byte) byte { return b - a })
}

// VPSHUFB takes the bytes of b that a numbers, within 16, or 0 where a's topmost bit is set.
func (m *Machine) VPSHUFB(a, b, c SimOperand) {
	index, in := m.read(a, c.bytes), m.read(b, c.bytes)
	var out [64]byte
	for i := range c.bytes {
		if index[i] < 128 {
			out[i] = in[i&^15+int(index[i]&15)]
		}
	}
	m.write(c, out, c.bytes)
}

// What conversions, comparisons and choices use beside these.

func (m *Machine) VPSLLD(i, a, b SimOperand) {
	m.lanes(a, a, b, func(a, _, _ uint32) uint32 { return a << i.value })
}

func (m *Machine) VPMAXSD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return uint32(max(int32(a), int32(b))) })
}

func (m *Machine) VPMINSD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 { return uint32(min(int32(a), int32(b))) })
}

// VPERMI2PS finds each element that c names in low and, behind it, high.
func (m *Machine) VPERMI2PS(high, low, c SimOperand) {
	table := append(m.elements(low, c.bytes), m.elements(high, c.bytes)...)
	m.lanes(c, c, c, func(i, _, _ uint32) uint32 { return table[i%uint32(len(table))] })
}

// elements returns the doublewords of the first so many bytes.
func (m *Machine) elements(o SimOperand, bytes int) []uint32 {
	v := m.read(o, bytes)
	list := make([]uint32, bytes/4)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(v[4*i:])
	}
	return list
}

func (m *Machine) VPSRLD(i, a, b SimOperand) {
	m.lanes(a, a, b, func(a, _, _ uint32) uint32 { return a >> i.value })
}

func (m *Machine) VPCMPEQD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(a, b, _ uint32) uint32 {
		if a == b {
			return 0xffffffff
		}
		return 0
	})
}

func (m *Machine) VPTESTMD(a, b, k SimOperand) {
	x, y := m.read(a, b.bytes), m.read(b, b.bytes)
	m.mask[k.n] = 0
	for i := range b.bytes / 4 {
		if binary.LittleEndian.Uint32(x[4*i:])&binary.LittleEndian.Uint32(y[4*i:]) != 0 {
			m.mask[k.n] |= 1 << i
		}
	}
}

func (m *Machine) VCVTTPS2DQ(a, b SimOperand) {
	m.lanes(a, a, b, func(a, _, _ uint32) uint32 {
		f := math.Trunc(float64(math.Float32frombits(a)))
		if !(f >= math.MinInt32 && f <= math.MaxInt32) {
			return 1 << 31
		}
		return uint32(int32(f))
	})
}

func (m *Machine) VPMOVZXWD(a, b SimOperand) {
	in := m.read(a, b.bytes/2)
	var out [64]byte
	for i := range b.bytes / 4 {
		out[4*i], out[4*i+1] = in[2*i], in[2*i+1]
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VPMOVDW(a, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	for i := range a.bytes / 4 {
		out[2*i], out[2*i+1] = in[4*i], in[4*i+1]
	}
	m.write(b, out, a.bytes/2)
}

// VPACKUSDW packs, of numbers below 2^16 only, the doublewords of b, then of a.
func (m *Machine) VPACKUSDW(a, b, c SimOperand) {
	x, y := m.read(a, c.bytes), m.read(b, c.bytes)
	var out [64]byte
	for i := range c.bytes / 2 {
		from, at := y, i%8
		if at >= 4 {
			from, at = x, at-4
		}
		copy(out[2*i:2*i+2], from[i/8*16+4*at:])
	}
	m.write(c, out, c.bytes)
}

func (m *Machine) VPERMQ(order, a, b SimOperand) {
	v := m.read(a, b.bytes)
	var out [64]byte
	for i := range b.bytes / 8 {
		copy(out[8*i:8*i+8], v[8*(order.value>>(2*i)&3):])
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VCVTPH2PS(a, b SimOperand) {
	in := m.read(a, b.bytes/2)
	var out [64]byte
	for i := range b.bytes / 4 {
		binary.LittleEndian.PutUint32(out[4*i:], halfToSingle(binary.LittleEndian.Uint16(in[2*i:])))
	}
	m.write(b, out, b.bytes)
}

func halfToSingle(h uint16) uint32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&1023)
	switch {
	case exponent == 31 && fraction != 0:
		return sign | 0x7fc00000 | fraction<<13
	case exponent == 31:
		return sign | 0x7f800000
	case exponent == 0:
		return sign | math.Float32bits(float32(fraction)/(1<<24))
	}
	return sign | (exponent+112)<<23 | fraction<<13
}

// VCVTPS2PH rounds to even.
func (m *Machine) VCVTPS2PH(_, a, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	for i := range a.bytes / 4 {
		binary.LittleEndian.PutUint16(out[2*i:], singleToHalf(binary.LittleEndian.Uint32(in[4*i:])))
	}
	m.write(b, out, a.bytes/2)
}

func singleToHalf(b uint32) uint16 {
	f, sign := math.Float32frombits(b&(1<<31-1)), uint16(b>>16)&0x8000
	switch {
	case f != f:
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case f >= 65520:
		return sign | 0x7c00
	}
	step := math.Ldexp(1, max(math.Ilogb(float64(f)), -14)-10) // between numbers of f16
	whole := math.RoundToEven(float64(f)/step) * step
	if whole < math.Ldexp(1, -14) {
		return sign | uint16(whole*(1<<24))
	}
	bits := math.Float32bits(float32(whole))
	return sign | uint16(bits>>13-112<<10)
}

func (m *Machine) VFNMADD231PS(a, b, c SimOperand) {
	m.floats(a, b, c, func(x, y, z float32) float32 { return fusedMultiplyAdd(-x, y, z) })
}

// VFMSUB213PS multiplies the last two and subtracts the first.
func (m *Machine) VFMSUB213PS(a, b, c SimOperand) {
	m.floats(a, b, c, func(x, y, z float32) float32 { return fusedMultiplyAdd(y, z, -x) })
}

func (m *Machine) VPMULLD(a, b, c SimOperand) {
	m.lanes(a, b, c, func(x, y, _ uint32) uint32 { return x * y })
}

func (m *Machine) VPSLLVD(counts, a, c SimOperand) {
	m.lanes(counts, a, c, func(n, x, _ uint32) uint32 { return x << n })
}

func (m *Machine) VPSRAVD(counts, a, c SimOperand) {
	m.lanes(counts, a, c, func(n, x, _ uint32) uint32 { return uint32(int32(x) >> min(n, 31)) })
}

func (m *Machine) VMOVDQU64(o ...SimOperand) { m.move(8, o) }
func (m *Machine) VMOVDQA64(o ...SimOperand) { m.move(8, o) }

// VCVTTPS2QQ_Z truncates under a mask, with zeros elsewhere.
func (m *Machine) VCVTTPS2QQ_Z(a, k, b SimOperand) {
	in := m.read(a, b.bytes/2)
	var out [64]byte
	for i := range b.bytes / 8 {
		v, whole := float64(math.Float32frombits(binary.LittleEndian.Uint32(in[4*i:]))), int64(math.MinInt64)
		if v > -1<<63 && v < 1<<63 {
			whole = int64(v)
		}
		if m.mask[k.n]>>i&1 != 0 {
			binary.LittleEndian.PutUint64(out[8*i:], uint64(whole))
		}
	}
	m.write(b, out, b.bytes)
}

// VCVTQQ2PS rounds eight integers.
func (m *Machine) VCVTQQ2PS(a, b SimOperand) {
	in := m.read(a, 2*b.bytes)
	var out [64]byte
	for i := range b.bytes / 4 {
		v := float32(int64(binary.LittleEndian.Uint64(in[8*i:])))
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v))
	}
	m.write(b, out, b.bytes)
}

func (m *Machine) VPEXTRW(_, a, b SimOperand) { m.write(b, m.read(a, 2), 2) }
func (m *Machine) VPEXTRB(_, a, b SimOperand) { m.write(b, m.read(a, 1), 1) }

func (m *Machine) VINSERTF128(i, a, b, c SimOperand) { m.VINSERTI128(i, a, b, c) }
func (m *Machine) VUNPCKLPS(a, b, c SimOperand)      { m.unpack(a, b, c, 4, 0) }
func (m *Machine) VUNPCKHPS(a, b, c SimOperand)      { m.unpack(a, b, c, 4, 1) }
func (m *Machine) VUNPCKLPD(a, b, c SimOperand)      { m.unpack(a, b, c, 8, 0) }
func (m *Machine) VUNPCKHPD(a, b, c SimOperand)      { m.unpack(a, b, c, 8, 1) }

// VINSERTF32X4 replaces one of four parts of b.
func (m *Machine) VINSERTF32X4(i, a, b, c SimOperand) {
	part, out := m.read(a, 16), m.read(b, c.bytes)
	copy(out[16*i.value:], part[:16])
	m.write(c, out, c.bytes)
}

// VCVTTPS2QQ is VCVTTPS2QQ_Z of all.
func (m *Machine) VCVTTPS2QQ(a, b SimOperand) {
	m.mask[0] = 1<<8 - 1
	m.VCVTTPS2QQ_Z(a, K(0), b)
}

func (m *Machine) VPMULLQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(x, y uint64) uint64 { return x * y })
}

func (m *Machine) VPSRAQ(i, a, b SimOperand) {
	m.wide(a, a, b, func(x, _ uint64) uint64 { return uint64(int64(x) >> i.value) })
}

func (m *Machine) VPMAXSQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(x, y uint64) uint64 { return uint64(max(int64(x), int64(y))) })
}

func (m *Machine) VPMINSQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(x, y uint64) uint64 { return uint64(min(int64(x), int64(y))) })
}

// VPMOVQB takes the lowest byte of each quadword.
func (m *Machine) VPMOVQB(a, b SimOperand) {
	in := m.read(a, a.bytes)
	var out [64]byte
	for i := range a.bytes / 8 {
		out[i] = in[8*i]
	}
	m.write(b, out, a.bytes/8)
}

func (m *Machine) VPSRAVQ(counts, a, b SimOperand) {
	m.wide(counts, a, b, func(n, x uint64) uint64 { return uint64(int64(x) >> min(n, 63)) })
}

func (m *Machine) VPSUBQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(x, y uint64) uint64 { return y - x })
}

// VPMOVSXDQ widens with the sign.
func (m *Machine) VPMOVSXDQ(a, b SimOperand) {
	in := m.read(a, b.bytes/2)
	var out [64]byte
	for i := range b.bytes / 8 {
		v := int32(binary.LittleEndian.Uint32(in[4*i:]))
		binary.LittleEndian.PutUint64(out[8*i:], uint64(int64(v)))
	}
	m.write(b, out, b.bytes)
}

// Instructions on tiles, all of 16 rows of 64 bytes.
func (m *Machine) LDTILECFG(shapes SimOperand) {
	config := m.read(shapes, 64)
	if config[0] != 1 {
		panic("LDTILECFG: not the palette of tiles")
	}
	for t := range m.tiles {
		if config[16+2*t] != 64 || config[17+2*t] != 0 || config[48+t] != 16 {
			panic("LDTILECFG: another shape")
		}
	}
	clear(m.tiles[:])
}
func (m *Machine) TILERELEASE()          { clear(m.tiles[:]) }
func (m *Machine) TILEZERO(t SimOperand) { m.tiles[t.value] = [16][64]byte{} }

// tileRow is the memory a distance behind that of an operand.
func tileRow(first SimOperand, distance uint64) SimOperand {
	return SimOperand{kind: 'm', value: first.value + distance}
}

func (m *Machine) TILELOADD(from, stride, t SimOperand) {
	for row := range uint64(16) {
		m.tiles[t.value][row] = m.read(tileRow(from, row*m.gpr[stride.n]), 64)
	}
}

func (m *Machine) TILESTORED(t, to, stride SimOperand) {
	for row := range uint64(16) {
		m.write(tileRow(to, row*m.gpr[stride.n]), m.tiles[t.value][row], 64)
	}
}

func (m *Machine) TDPBUSD(signed, unsigned, acc SimOperand) {
	a, b, c := &m.tiles[unsigned.value], &m.tiles[signed.value], &m.tiles[acc.value]
	for row := range 16 {
		for col := range 16 {
			sum := binary.LittleEndian.Uint32(c[row][4*col:])
			for k := range 64 {
				sum += uint32(int32(a[row][k]) * int32(int8(b[k/4][4*col+k%4])))
			}
			binary.LittleEndian.PutUint32(c[row][4*col:], sum)
		}
	}
}
