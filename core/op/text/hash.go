package text

import (
	"encoding/binary"
	"math/bits"
)

// The multipliers of FarmHash.
const (
	farm0 = 0xc3a5c85c97cb3127
	farm1 = 0xb492b66fbe98f273
	farm2 = 0x9ae16a3b2f90404f
)

// rotate rotates to the right.
func rotate(x uint64, n int) uint64 { return bits.RotateLeft64(x, -n) }

// mixed is x with its upper bits added to the lower ones.
func mixed(x uint64) uint64 { return x ^ x>>47 }

// word and half are the eight and the four bytes at a position.
func word(s []byte, at int) uint64 { return binary.LittleEndian.Uint64(s[at:]) }
func half(s []byte, at int) uint64 { return uint64(binary.LittleEndian.Uint32(s[at:])) }

// joined hashes two numbers.
func joined(u, v, mul uint64) uint64 {
	a := mixed((u ^ v) * mul)
	return mixed((v^a)*mul) * mul
}

// Fingerprint64 is FarmHash's Fingerprint64.
func Fingerprint64(text string) uint64 {
	s := []byte(text)
	n := len(s)
	mul := uint64(farm2) + 2*uint64(n)
	switch {
	case n > 64:
		return fingerprintLong(s)
	case n > 32:
		return fingerprint64Bytes(s, mul)
	case n > 16:
		a, b := word(s, 0)*farm1, word(s, 8)
		c, d := word(s, n-8)*mul, word(s, n-16)*farm2
		return joined(rotate(a+b, 43)+rotate(c, 30)+d, a+rotate(b+farm2, 18)+c, mul)
	case n >= 8:
		a, b := word(s, 0)+farm2, word(s, n-8)
		return joined(rotate(b, 37)*mul+a, (rotate(a, 25)+b)*mul, mul)
	case n >= 4:
		return joined(uint64(n)+half(s, 0)<<3, half(s, n-4), mul)
	case n > 0:
		y := uint64(s[0]) + uint64(s[n>>1])<<8
		z := uint64(n) + uint64(s[n-1])<<2
		return mixed(uint64(uint32(y))*farm2^uint64(uint32(z))*farm0) * farm2
	}
	return farm2
}

// fingerprint64Bytes is fingerprint64 of 33 to 64 bytes.
func fingerprint64Bytes(s []byte, mul uint64) uint64 {
	n := len(s)
	a, b := word(s, 0)*farm2, word(s, 8)
	c, d := word(s, n-8)*mul, word(s, n-16)*farm2
	y := rotate(a+b, 43) + rotate(c, 30) + d
	z := joined(y, a+rotate(b+farm2, 18)+c, mul)
	e, f := word(s, 16)*mul, word(s, 24)
	g, h := (y+word(s, n-32))*mul, (z+word(s, n-24))*mul
	return joined(rotate(e+f, 43)+rotate(g, 30)+h, e+rotate(f+a, 18)+g, mul)
}

// weak hashes 32 bytes, with two numbers as seeds, to two numbers.
func weak(s []byte, at int, a, b uint64) (first, second uint64) {
	w, x, y, z := word(s, at), word(s, at+8), word(s, at+16), word(s, at+24)
	a += w
	b = rotate(b+a+z, 21)
	c := a
	a += x + y
	b += rotate(a, 44)
	return a + z, b + c
}

// fingerprintLong is fingerprint64 of more than 64 bytes: of blocks of 64 bytes, and then of the last 64.
func fingerprintLong(s []byte) uint64 {
	const seed = 81
	x := uint64(seed)
	y := uint64(seed)
	y = y*farm1 + 113
	z := mixed(y*farm2+113) * farm2
	var v, w [2]uint64
	x = x*farm2 + word(s, 0)
	block := func(at int, mul, last uint64) {
		x = rotate(x+y+v[0]+word(s, at+8), 37) * mul
		y = rotate(y+v[1]+word(s, at+48), 42) * mul
		x ^= w[1] * last
		y += v[0]*last + word(s, at+40)
		z = rotate(z+w[0], 33) * mul
		v[0], v[1] = weak(s, at, v[1]*mul, x+w[0])
		w[0], w[1] = weak(s, at+32, z+w[1], y+word(s, at+16))
		x, z = z, x
	}
	end := (len(s) - 1) / 64 * 64
	for at := 0; at < end; at += 64 {
		block(at, farm1, 1)
	}
	mul := farm1 + (z&0xff)<<1
	w[0] += uint64(len(s)-1) & 63
	v[0] += w[0]
	w[0] += v[0]
	block(len(s)-64, mul, 9)
	return joined(joined(v[0], w[0], mul)+mixed(y)*farm0+z, joined(v[1], w[1], mul)+x, mul)
}

// SipHash is SipHash-2-4 with a key of two numbers.
func SipHash(k0, k1 uint64, text string) uint64 {
	s := []byte(text)
	v0, v1 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d
	v2, v3 := k0^0x6c7967656e657261, k1^0x7465646279746573
	rounds := func(n int) {
		for range n {
			v0 += v1
			v2 += v3
			v1 = bits.RotateLeft64(v1, 13) ^ v0
			v3 = bits.RotateLeft64(v3, 16) ^ v2
			v0 = bits.RotateLeft64(v0, 32)
			v2 += v1
			v0 += v3
			v1 = bits.RotateLeft64(v1, 17) ^ v2
			v3 = bits.RotateLeft64(v3, 21) ^ v0
			v2 = bits.RotateLeft64(v2, 32)
		}
	}
	add := func(m uint64) {
		v3 ^= m
		rounds(2)
		v0 ^= m
	}
	last := uint64(len(s)) << 56
	for ; len(s) >= 8; s = s[8:] {
		add(word(s, 0))
	}
	for i, b := range s {
		last |= uint64(b) << (8 * i)
	}
	add(last)
	v2 ^= 0xff
	rounds(4)
	return v0 ^ v1 ^ v2 ^ v3
}
