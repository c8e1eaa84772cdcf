package reduction

import (
	"math"
	"slices"
)

// Top stores the keys of the largest numbers of a row in keys, in descending order. NaN is below everything, and of
// equal numbers the first one is the largest. spare is as long as keys.
func Top(keys, spare []uint64, row []float32) {
	// keys is a heap with the least key on top.
	for i, v := range row[:len(keys)] {
		keys[i] = keyOf(v, i)
	}
	const many = 128
	if len(keys) == len(row) && len(keys) >= many {
		sortAll(keys, spare)
		return
	}
	slices.Sort(keys)
	least := row[Index(keys[0])]
	for i := len(keys); i < len(row); i++ {
		if row[i] <= least { // what comes later is below its equals
			continue
		}
		if key := keyOf(row[i], i); key > keys[0] {
			sink(keys, key)
			least = row[Index(keys[0])]
		}
	}
	slices.Sort(keys)
	slices.Reverse(keys)
}

// sortAll sorts the keys of a whole row, which are in the order of the row, by the bytes of their values: the order of
// equal values stays.
func sortAll(keys, spare []uint64) {
	for shift := 32; shift < 64; shift += 8 {
		var ends [256]int
		for _, k := range keys {
			ends[byte(k>>shift)]++
		}
		end := len(keys)
		for b, n := range ends { // the largest first
			ends[b], end = end, end-n
		}
		for _, k := range slices.Backward(keys) {
			b := byte(k >> shift)
			ends[b]--
			spare[ends[b]] = k
		}
		keys, spare = spare, keys
	}
}

// Index returns the index of the number that has a key.
func Index(key uint64) int { return int(^uint32(key)) }

// keyOf returns a key that orders numbers: by value, with both zeros equal, and then by index.
func keyOf(v float32, at int) uint64 {
	b := math.Float32bits(v + 0)
	b ^= uint32(int32(b)>>31) | 1<<31
	if v != v {
		b = 0
	}
	return uint64(b)<<32 | uint64(^uint32(at))
}

// sink replaces the least key of a heap.
func sink(heap []uint64, key uint64) {
	at := 0
	for {
		child := 2*at + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] < heap[child] {
			child++
		}
		if key <= heap[child] {
			break
		}
		heap[at] = heap[child]
		at = child
	}
	heap[at] = key
}
