package jpeg

import "encoding/binary"

// Four numbers of 16 bits are computed with at a time: each stays below 2^12.
const (
	ones   = 0x0001_0001_0001_0001
	halves = 0x00ff_00ff_00ff_00ff
)

// spread returns four bytes as numbers.
func spread(b []byte) uint64 {
	v := uint64(binary.LittleEndian.Uint32(b))
	v = (v | v<<16) & 0x0000_ffff_0000_ffff
	return (v | v<<8) & halves
}

// doubled returns two pixels of each of four sums: three quarters of it and one of its neighbour before, or after.
// down and up round them.
func doubled(before, sums, after, down, up uint64, shift int) uint64 {
	three := 3 * sums
	left := (three + (sums<<16 | before) + down*ones) >> shift & halves
	right := (three + (sums>>16 | after<<48) + up*ones) >> shift & halves
	return left | right<<8
}

// widen makes two pixels of each sample of a row.
func widen(out, row []byte) {
	before, x := uint64(row[0]), 0
	if len(row) >= 8 {
		for sums := spread(row); x+8 <= len(row); x += 4 {
			after := spread(row[x+4:])
			binary.LittleEndian.PutUint64(out[2*x:], doubled(before, sums, after, 1, 2, 2))
			before, sums = sums>>48, after
		}
	}
	for ; x < len(row); x++ {
		v, after := uint64(row[x]), uint64(row[min(x+1, len(row)-1)])
		out[2*x], out[2*x+1] = byte((3*v+before+1)>>2), byte((3*v+after+2)>>2)
		before = v
	}
}

// widenBetween is widen of the sums of three times the near row and the far one.
func widenBetween(out, near, far []byte) {
	far = far[:len(near)]
	sum := func(x int) uint64 { return uint64(near[x])*3 + uint64(far[x]) }
	before, x := sum(0), 0
	if len(near) >= 8 {
		for sums := spread(near)*3 + spread(far); x+8 <= len(near); x += 4 {
			after := spread(near[x+4:])*3 + spread(far[x+4:])
			binary.LittleEndian.PutUint64(out[2*x:], doubled(before, sums, after, 8, 7, 4))
			before, sums = sums>>48, after
		}
	}
	for ; x < len(near); x++ {
		v, after := sum(x), sum(min(x+1, len(near)-1))
		out[2*x], out[2*x+1] = byte((3*v+before+8)>>4), byte((3*v+after+7)>>4)
		before = v
	}
}
