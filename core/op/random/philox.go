package random

import "math/bits"

// philox is the generator Philox4x32 with 10 rounds of Salmon and others, "Parallel random numbers: as easy as 1, 2,
// 3": a function of a key and a counter of 128 bits. Its words are those of TensorFlow's PhiloxRandom.
type philox struct {
	key     [2]uint32
	counter [2]uint64
}

// skip counts n blocks further.
func (p *philox) skip(n uint64) {
	var carry uint64
	p.counter[0], carry = bits.Add64(p.counter[0], n, 0)
	p.counter[1] += carry
}

// block returns the numbers of the counter, and counts on.
func (p *philox) block() [4]uint32 {
	c := [4]uint32{
		uint32(p.counter[0]), uint32(p.counter[0] >> 32), uint32(p.counter[1]), uint32(p.counter[1] >> 32),
	}
	k0, k1 := p.key[0], p.key[1]
	for range 10 {
		h0, l0 := bits.Mul32(0xd2511f53, c[0])
		h1, l1 := bits.Mul32(0xcd9e8d57, c[2])
		c = [4]uint32{h1 ^ c[1] ^ k0, l1, h0 ^ c[3] ^ k1, l0}
		k0 += 0x9e3779b9
		k1 += 0xbb67ae85
	}
	p.skip(1)
	return c
}

// scrambled returns the generator of two seeds.
func scrambled(seed [2]uint64) philox {
	p := philox{key: [2]uint32{0x3ec8f720, 0x02461e29}, counter: seed}
	mix := p.block()
	return philox{key: [2]uint32{mix[0], mix[1]}, counter: [2]uint64{0, uint64(mix[2]) | uint64(mix[3])<<32}}
}
