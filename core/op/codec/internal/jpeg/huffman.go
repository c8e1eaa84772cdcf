package jpeg

import "encoding/binary"

// lookBits are the bits that the tables of codes are indexed with.
const lookBits = 10

// A huffmanTable has codes, and the symbol of each.
type huffmanTable struct {
	counts  [17]int // of codes, by length
	symbols [256]byte

	built    bool
	maxCode  [18]int32 // of each length; -1: none
	offset   [18]int32 // from a code to its symbol
	look     [1 << lookBits]uint16
	quick    [1 << lookBits]uint32
	failures string
}

// quick has, of codes that lie in the index together with the bits behind them, number<<16 | zeros before it<<8 | bits.
// An end of a block is endOfBlock zeros. 0: look has the code, as bits<<8 | symbol; 0 there: it is longer.
const endOfBlock = 64

// build computes what decoding needs. It returns what is wrong.
func (t *huffmanTable) build() string {
	if t.built {
		return t.failures
	}
	t.built = true
	p, code := 0, int32(0)
	for l := 1; l <= 16; l++ {
		t.maxCode[l] = -1
		n := t.counts[l]
		if n > 0 {
			t.offset[l] = int32(p) - code
			for range n {
				if l <= lookBits {
					from := int(code) << (lookBits - l)
					for i := range 1 << (lookBits - l) {
						if from+i < len(t.look) {
							t.look[from+i] = uint16(l<<8) | uint16(t.symbols[p])
						}
					}
				}
				code, p = code+1, p+1
			}
			t.maxCode[l] = code - 1
			if code >= 1<<l {
				t.failures = "more codes than there are of their length"
				return t.failures
			}
		}
		code <<= 1
	}
	t.maxCode[17] = 1<<20 - 1
	for i, e := range t.look {
		t.quick[i] = quickOf(i, e)
	}
	return ""
}

// quickOf returns what an index of a table stands for, and 0 if it has not all bits of the number.
func quickOf(i int, e uint16) uint32 {
	l, run, size := int(e>>8), uint32(e>>4&15), int(e&15)
	switch {
	case e == 0 || l+size > lookBits || size == 0 && run == 15:
		return 0
	case size == 0 && run == 0:
		return endOfBlock<<8 | uint32(l)
	case size == 0:
		return 0
	}
	v := extend(i>>(lookBits-l-size)&(1<<size-1), size)
	return uint32(v)<<16 | run<<8 | uint32(l+size)
}

// extend makes a number of its bits, of which there is at least one.
func extend(bits, size int) int {
	if bits < 1<<(size-1) {
		return bits - 1<<size + 1
	}
	return bits
}

// standardTable is one that files may leave out: 0 of brightness, 1 of colour, for differences or other coefficients.
func standardTable(i int, dc bool) *huffmanTable {
	small := "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
	switch {
	case dc && i == 0:
		return tableOf([]int{0, 1, 5, 1, 1, 1, 1, 1, 1}, small)
	case dc:
		return tableOf([]int{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, small)
	case i == 0:
		return tableOf([]int{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
			"\x01\x02\x03\x00\x04\x11\x05\x12!1A\x06\x13Qa\x07\"q\x142\x81\x91\xa1\b#B\xb1\xc1\x15R\xd1\xf0$3br\x82\t"+
				"\n\x16\x17\x18\x19\x1a%&'()*456789:CDEFGHIJSTUVWXYZcdefghijstuvwxyz\x83\x84\x85\x86\x87\x88\x89\x8a\x92"+
				"\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba"+
				"\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8"+
				"\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa")
	}
	return tableOf([]int{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
		"\x00\x01\x02\x03\x11\x04\x05!1\x06\x12AQ\x07aq\x13\"2\x81\b\x14B\x91\xa1\xb1\xc1\t#3R\xf0\x15br\xd1\n"+
			"\x16$4\xe1%\xf1\x17\x18\x19\x1a&'()*56789:CDEFGHIJSTUVWXYZcdefghijstuvwxyz\x82\x83\x84\x85\x86\x87\x88"+
			"\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7"+
			"\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe2\xe3\xe4\xe5\xe6"+
			"\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa")
}

// tableOf returns a table of as many codes of each length from 1.
func tableOf(counts []int, symbols string) *huffmanTable {
	t := &huffmanTable{}
	copy(t.counts[1:], counts)
	copy(t.symbols[:], symbols)
	return t
}

// reader reads the bits of a scan. Behind a marker they are 0.
type reader struct {
	bits  uint64 // the next ones, from the highest
	count int    // of them; below 0 if more were taken than there are
}

// refill makes at least 32 bits available, unless a marker stands before them.
func (d *decoder) refill(bits uint64, count int) (uint64, int) {
	if d.marker != 0 || count < 0 {
		return bits, count
	}
	if d.pos+4 <= len(d.data) {
		v := binary.BigEndian.Uint32(d.data[d.pos:])
		if inverted := ^v; (inverted-0x01010101)&v&0x80808080 == 0 { // no byte of 0xff
			d.pos += 4
			return bits | uint64(v)<<(32-count), count + 32
		}
	}
	for count <= 56 {
		c := d.byte()
		if c == 0xff {
			for c == 0xff {
				c = d.byte()
			}
			if c != 0 {
				d.marker = c
				break
			}
			c = 0xff
		}
		bits |= uint64(c) << (56 - count)
		count += 8
	}
	return bits, count
}

// need makes n bits available, at most 32.
func (d *decoder) need(n int) {
	if d.reader.count < n {
		d.reader.bits, d.reader.count = d.refill(d.reader.bits, d.reader.count)
	}
}

// take returns the next n bits, from 1 to 16.
func (d *decoder) take(n int) int {
	d.need(n)
	v := d.reader.bits >> (64 - n)
	d.drop(n)
	return int(v)
}

// drop passes over bits.
func (d *decoder) drop(n int) {
	d.reader.bits <<= n
	d.reader.count -= n
}

// symbol returns the next symbol of a table; 0 for bits that are no code.
func (d *decoder) symbol(t *huffmanTable) int {
	d.need(17)
	if e := t.look[d.reader.bits>>(64-lookBits)]; e != 0 {
		d.drop(int(e >> 8))
		return int(e & 0xff)
	}
	l, s := t.long(d.reader.bits)
	d.drop(l)
	return s
}

// long returns the length of a code that look has not, and its symbol.
func (t *huffmanTable) long(bits uint64) (length, symbol int) {
	for l := 1; l <= 16; l++ {
		if code := int32(bits >> (64 - l)); code <= t.maxCode[l] {
			return l, int(t.symbols[(code+t.offset[l])&0xff])
		}
	}
	return 17, 0
}
