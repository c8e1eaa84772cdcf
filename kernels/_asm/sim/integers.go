package sim

import (
	"encoding/binary"
	"math"
)

// What the loops use beside the instructions of other families: elements of all sizes.

// simNumber is the least bytes of v as an integer.
func simNumber(v []byte, size int, signed bool) int64 {
	var b [8]byte
	copy(b[:], v[:size])
	n := int64(binary.LittleEndian.Uint64(b[:]))
	if shift := 64 - 8*size; signed {
		return n << shift >> shift
	}
	return n
}

func simPutNumber(v []byte, size int, n int64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	copy(v[:size], b[:])
}

// numbers computes each element of size bytes from those of a and b.
func (m *Machine) numbers(a, b, c SimOperand, size int, signed bool, f func(a, b int64) int64) {
	x, y := m.read(a, c.bytes), m.read(b, c.bytes)
	for i := 0; i < c.bytes; i += size {
		simPutNumber(x[i:], size, f(simNumber(x[i:], size, signed), simNumber(y[i:], size, signed)))
	}
	m.write(c, x, c.bytes)
}

func simSum(a, b int64) int64        { return a + b }
func simProduct(a, b int64) int64    { return a * b }
func simLarger(a, b int64) int64     { return max(a, b) }
func simSmaller(a, b int64) int64    { return min(a, b) }
func simLargerBits(a, b int64) int64 { return int64(max(uint64(a), uint64(b))) }
func simLowerBits(a, b int64) int64  { return int64(min(uint64(a), uint64(b))) }
func simMagnitude(a, _ int64) int64  { return max(a, -a) }

func simEqualBits(a, b int64) int64 {
	if a == b {
		return -1
	}
	return 0
}

func simAbove(a, b int64) int64 {
	if b > a {
		return -1
	}
	return 0
}

func (m *Machine) VPADDB(a, b, c SimOperand)   { m.numbers(a, b, c, 1, true, simSum) }
func (m *Machine) VPMULLW(a, b, c SimOperand)  { m.numbers(a, b, c, 2, true, simProduct) }
func (m *Machine) VPMAXSW(a, b, c SimOperand)  { m.numbers(a, b, c, 2, true, simLarger) }
func (m *Machine) VPMAXUW(a, b, c SimOperand)  { m.numbers(a, b, c, 2, false, simLarger) }
func (m *Machine) VPMAXUD(a, b, c SimOperand)  { m.numbers(a, b, c, 4, false, simLarger) }
func (m *Machine) VPMAXUQ(a, b, c SimOperand)  { m.numbers(a, b, c, 8, false, simLargerBits) }
func (m *Machine) VPMINSB(a, b, c SimOperand)  { m.numbers(a, b, c, 1, true, simSmaller) }
func (m *Machine) VPMINUB(a, b, c SimOperand)  { m.numbers(a, b, c, 1, false, simSmaller) }
func (m *Machine) VPMINSW(a, b, c SimOperand)  { m.numbers(a, b, c, 2, true, simSmaller) }
func (m *Machine) VPMINUW(a, b, c SimOperand)  { m.numbers(a, b, c, 2, false, simSmaller) }
func (m *Machine) VPMINUD(a, b, c SimOperand)  { m.numbers(a, b, c, 4, false, simSmaller) }
func (m *Machine) VPMINUQ(a, b, c SimOperand)  { m.numbers(a, b, c, 8, false, simLowerBits) }
func (m *Machine) VPABSB(a, b SimOperand)      { m.numbers(a, a, b, 1, true, simMagnitude) }
func (m *Machine) VPABSW(a, b SimOperand)      { m.numbers(a, a, b, 2, true, simMagnitude) }
func (m *Machine) VPABSD(a, b SimOperand)      { m.numbers(a, a, b, 4, true, simMagnitude) }
func (m *Machine) VPABSQ(a, b SimOperand)      { m.numbers(a, a, b, 8, true, simMagnitude) }
func (m *Machine) VPCMPEQB(a, b, c SimOperand) { m.numbers(a, b, c, 1, true, simEqualBits) }
func (m *Machine) VPCMPEQQ(a, b, c SimOperand) { m.numbers(a, b, c, 8, true, simEqualBits) }
func (m *Machine) VPCMPGTB(a, b, c SimOperand) { m.numbers(a, b, c, 1, true, simAbove) }
func (m *Machine) VPCMPGTW(a, b, c SimOperand) { m.numbers(a, b, c, 2, true, simAbove) }
func (m *Machine) VPCMPGTD(a, b, c SimOperand) { m.numbers(a, b, c, 4, true, simAbove) }
func (m *Machine) VPCMPGTQ(a, b, c SimOperand) { m.numbers(a, b, c, 8, true, simAbove) }

// VPMULUDQ multiplies the lower halves of quadwords.
func (m *Machine) VPMULUDQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(a, b uint64) uint64 { return uint64(uint32(a)) * uint64(uint32(b)) })
}

// Shifts by the numbers of a, which are not negative.
func simShifted(n, v int64) int64  { return v << n }
func simShiftedR(n, v int64) int64 { return v >> n }

func (m *Machine) VPSLLVW(a, b, c SimOperand) { m.numbers(a, b, c, 2, false, simShifted) }
func (m *Machine) VPSRLVW(a, b, c SimOperand) { m.numbers(a, b, c, 2, false, simShiftedR) }
func (m *Machine) VPSRAVW(a, b, c SimOperand) { m.numbers(a, b, c, 2, true, simShiftedR) }
func (m *Machine) VPSRLVD(a, b, c SimOperand) { m.numbers(a, b, c, 4, false, simShiftedR) }
func (m *Machine) VPSLLVQ(a, b, c SimOperand) { m.numbers(a, b, c, 8, false, simShifted) }
func (m *Machine) VPSRLVQ(a, b, c SimOperand) {
	m.wide(a, b, c, func(n, v uint64) uint64 { return v >> n })
}

// relate makes a mask of where b, on the left, compares with a.
func (m *Machine) relate(n, a, b, k SimOperand, size int, signed bool) {
	x, y := m.read(a, b.bytes), m.read(b, b.bytes)
	m.mask[k.n] = 0
	for i := range b.bytes / size {
		v, w := simNumber(y[i*size:], size, signed), simNumber(x[i*size:], size, signed)
		less := v < w
		if size == 8 && !signed {
			less = uint64(v) < uint64(w)
		}
		if map[uint64]bool{0: v == w, 1: less, 2: less || v == w, 4: v != w}[n.value] {
			m.mask[k.n] |= 1 << i
		}
	}
}

func (m *Machine) VPCMPB(n, a, b, k SimOperand)  { m.relate(n, a, b, k, 1, true) }
func (m *Machine) VPCMPW(n, a, b, k SimOperand)  { m.relate(n, a, b, k, 2, true) }
func (m *Machine) VPCMPD(n, a, b, k SimOperand)  { m.relate(n, a, b, k, 4, true) }
func (m *Machine) VPCMPQ(n, a, b, k SimOperand)  { m.relate(n, a, b, k, 8, true) }
func (m *Machine) VPCMPUB(n, a, b, k SimOperand) { m.relate(n, a, b, k, 1, false) }
func (m *Machine) VPCMPUW(n, a, b, k SimOperand) { m.relate(n, a, b, k, 2, false) }
func (m *Machine) VPCMPUD(n, a, b, k SimOperand) { m.relate(n, a, b, k, 4, false) }
func (m *Machine) VPCMPUQ(n, a, b, k SimOperand) { m.relate(n, a, b, k, 8, false) }

func (m *Machine) VPTESTMB(a, b, k SimOperand) { m.test(a, b, k, 1) }
func (m *Machine) VPTESTMQ(a, b, k SimOperand) { m.test(a, b, k, 8) }

// test makes a mask of where a and b have a bit in common.
func (m *Machine) test(a, b, k SimOperand, size int) {
	x, y := m.read(a, b.bytes), m.read(b, b.bytes)
	m.mask[k.n] = 0
	for i := range b.bytes / size {
		if simNumber(x[i*size:], size, false)&simNumber(y[i*size:], size, false) != 0 {
			m.mask[k.n] |= 1 << i
		}
	}
}

func (m *Machine) VPBLENDMQ(a, b, k, c SimOperand) { m.blend(a, b, k, c, 8) }

func (m *Machine) VPBLENDVB(mask, a, b, c SimOperand) {
	x, y, k := m.read(a, c.bytes), m.read(b, c.bytes), m.read(mask, c.bytes)
	for i := range c.bytes {
		if k[i] >= 0x80 {
			y[i] = x[i]
		}
	}
	m.write(c, y, c.bytes)
}

// VMOVDQU8_Z makes elements without a bit in the mask 0.
func (m *Machine) VMOVDQU8_Z(a, k, b SimOperand) {
	v := m.read(a, b.bytes)
	for i := range b.bytes {
		if m.mask[k.n]>>i&1 == 0 {
			v[i] = 0
		}
	}
	m.write(b, v, b.bytes)
}

func (m *Machine) VMOVDQU16(o ...SimOperand) { m.move(2, o) }

// resize copies elements of from bytes to elements of to bytes.
func (m *Machine) resize(a, b SimOperand, from, to, count int, signed bool) {
	in := m.read(a, from*count)
	var out [64]byte
	for i := range count {
		simPutNumber(out[i*to:], to, simNumber(in[i*from:], from, signed))
	}
	m.write(b, out, max(to*count, b.bytes))
}

func (m *Machine) VPMOVZXBQ(a, b SimOperand) { m.resize(a, b, 1, 8, b.bytes/8, false) }
func (m *Machine) VPMOVSXBQ(a, b SimOperand) { m.resize(a, b, 1, 8, b.bytes/8, true) }
func (m *Machine) VPMOVSXWD(a, b SimOperand) { m.resize(a, b, 2, 4, b.bytes/4, true) }
func (m *Machine) VPMOVZXWQ(a, b SimOperand) { m.resize(a, b, 2, 8, b.bytes/8, false) }
func (m *Machine) VPMOVSXWQ(a, b SimOperand) { m.resize(a, b, 2, 8, b.bytes/8, true) }
func (m *Machine) VPMOVZXDQ(a, b SimOperand) { m.resize(a, b, 4, 8, b.bytes/8, false) }
func (m *Machine) VPMOVWB(a, b SimOperand)   { m.resize(a, b, 2, 1, a.bytes/2, false) }
func (m *Machine) VPMOVQW(a, b SimOperand)   { m.resize(a, b, 8, 2, a.bytes/8, false) }
func (m *Machine) VPMOVQD(a, b SimOperand)   { m.resize(a, b, 8, 4, a.bytes/8, false) }

// real computes elements of to bytes from numbers of from bytes.
func (m *Machine) real(a, b SimOperand, from, to int, signed bool, f func(v int64) uint64) {
	count := b.bytes / to
	in := m.read(a, from*count)
	var out [64]byte
	for i := range count {
		simPutNumber(out[i*to:], to, int64(f(simNumber(in[i*from:], from, signed))))
	}
	m.write(b, out, b.bytes)
}

func simDouble(v int64) uint64     { return math.Float64bits(float64(v)) }
func simBitsDouble(v int64) uint64 { return math.Float64bits(float64(uint64(v))) }
func simBitsSingle(v int64) uint64 { return uint64(math.Float32bits(float32(uint64(v)))) }

func (m *Machine) VCVTDQ2PD(a, b SimOperand)  { m.real(a, b, 4, 8, true, simDouble) }
func (m *Machine) VCVTUDQ2PD(a, b SimOperand) { m.real(a, b, 4, 8, false, simDouble) }
func (m *Machine) VCVTQQ2PD(a, b SimOperand)  { m.real(a, b, 8, 8, true, simDouble) }
func (m *Machine) VCVTUQQ2PD(a, b SimOperand) { m.real(a, b, 8, 8, false, simBitsDouble) }
func (m *Machine) VCVTUDQ2PS(a, b SimOperand) { m.real(a, b, 4, 4, false, simBitsSingle) }
func (m *Machine) VCVTUQQ2PS(a, b SimOperand) { m.real(a, b, 8, 4, false, simBitsSingle) }

// simUnsignedOf truncates; what is too small or too large is 2^bits-1.
func simUnsignedOf(v float64, bits int) uint64 {
	if v = math.Trunc(v); v >= 0 && v < math.Ldexp(1, bits) {
		return uint64(v)
	}
	return 1<<bits - 1
}

func simSingle(v int64) float64    { return float64(math.Float32frombits(uint32(v))) }
func simOfDouble(v int64) float64  { return math.Float64frombits(uint64(v)) }
func simToWord(v float64) uint64   { return simUnsignedOf(v, 32) }
func simToQuad(v float64) uint64   { return simUnsignedOf(v, 64) }
func simSignedQuad(v float64) bool { return v >= -1<<63 && v < 1<<63 }

func (m *Machine) VCVTTPS2UDQ(a, b SimOperand) {
	m.real(a, b, 4, 4, false, func(v int64) uint64 { return simToWord(simSingle(v)) })
}

func (m *Machine) VCVTTPS2UQQ(a, b SimOperand) {
	m.real(a, b, 4, 8, false, func(v int64) uint64 { return simToQuad(simSingle(v)) })
}

func (m *Machine) VCVTTPD2UDQ(a, b SimOperand) {
	m.real(a, b, 8, 4, false, func(v int64) uint64 { return simToWord(simOfDouble(v)) })
}

func (m *Machine) VCVTTPD2UQQ(a, b SimOperand) {
	m.real(a, b, 8, 8, false, func(v int64) uint64 { return simToQuad(simOfDouble(v)) })
}

// VCVTTPS2DQ_Z truncates under a mask, with zeros elsewhere.
func (m *Machine) VCVTTPS2DQ_Z(a, k, b SimOperand) {
	m.VCVTTPS2DQ(a, b)
	m.clear(b, k, 4)
}

// VCVTTPD2DQY truncates four float64.
func (m *Machine) VCVTTPD2DQY(a, b SimOperand) {
	m.mask[0] = 1<<4 - 1
	m.VCVTTPD2DQ_Z(a, K(0), b)
}

// VCVTTPD2DQ_Z truncates float64 to doublewords under a mask, with zeros elsewhere.
func (m *Machine) VCVTTPD2DQ_Z(a, k, b SimOperand) {
	m.real(a, b, 8, 4, false, func(n int64) uint64 {
		if v := math.Trunc(simOfDouble(n)); v >= math.MinInt32 && v <= math.MaxInt32 {
			return uint64(int64(v))
		}
		return 1 << 31
	})
	m.clear(b, k, 4)
}

// VCVTTPD2QQ_Z is likewise for quadwords.
func (m *Machine) VCVTTPD2QQ_Z(a, k, b SimOperand) {
	m.real(a, b, 8, 8, false, func(n int64) uint64 {
		if v := simOfDouble(n); simSignedQuad(v) {
			return uint64(int64(v))
		}
		return 1 << 63
	})
	m.clear(b, k, 8)
}

// clear makes the elements of a register without a bit in the mask 0.
func (m *Machine) clear(v, k SimOperand, size int) {
	for i := range v.bytes {
		if m.mask[k.n]>>(i/size)&1 == 0 {
			m.vec[v.n][i] = 0
		}
	}
}
