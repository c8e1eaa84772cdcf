package vision

import (
	"math"
	"math/bits"
)

// TensorFlow's CombinedNonMaxSuppression compares candidates by their scores alone. The order of equal scores is
// whatever the C++ library's binary heap and introsort produce, which is reproduced here.

// ranked is a score of an image, ordered by its key. at is where it is among the image's scores.
type ranked struct {
	key int32
	at  int
}

// keyOf returns an integer for a score that is not NaN; integers have the order of the scores, and are equal for equal
// scores. The keys of the reverse order are their complements.
func keyOf(score float32) int32 {
	b := int32(math.Float32bits(score + 0)) // -0 + 0 is 0
	return b ^ b>>31&math.MaxInt32
}

// binaryHeap is a heap whose first element is not less than any other.
type binaryHeap []ranked

// push adds x at the end and lifts it above smaller elements.
func (h *binaryHeap) push(x ranked) {
	*h = append(*h, x)
	h.lift(len(*h)-1, 0, x)
}

// pop removes the first element. The last takes its place.
func (h *binaryHeap) pop() ranked {
	list := *h
	first, last := list[0], len(list)-1
	x := list[last]
	*h = list[:last]
	if last > 0 {
		h.place(0, x)
	}
	return first
}

// place moves the hole down to a leaf, along the greater children (the second of equals), and
// lifts x from there.
func (h *binaryHeap) place(hole int, x ranked) {
	list, top := *h, hole
	child := 2*hole + 1
	for ; child+1 < len(list); child = 2*hole + 1 {
		// The sign of the difference, as which child is greater cannot be predicted.
		child += 1 - int(uint64(int64(list[child+1].key)-int64(list[child].key))>>63)
		list[hole] = list[child]
		hole = child
	}
	if child < len(list) {
		list[hole] = list[child]
		hole = child
	}
	h.lift(hole, top, x)
}

// lift moves the hole up past elements that are less than x, up to top, and fills it with x.
func (h *binaryHeap) lift(hole, top int, x ranked) {
	list := *h
	for hole > top {
		parent := (hole - 1) / 2
		if list[parent].key >= x.key {
			break
		}
		list[hole] = list[parent]
		hole = parent
	}
	list[hole] = x
}

// insertionMost is the length up to which introsort does not split a list.
const insertionMost = 16

// introsort sorts a list: quicksort around the median of three down to insertionMost elements,
// heapsort where that goes too deep, and a last insertion sort.
func introsort(list []ranked) {
	if len(list) == 0 {
		return
	}
	split(list, 2*(bits.Len(uint(len(list)))-1))
	for i := 1; i < len(list); i++ {
		x, at := list[i], i
		for ; at > 0 && x.key < list[at-1].key; at-- {
			list[at] = list[at-1]
		}
		list[at] = x
	}
}

// split divides the list into parts of at most insertionMost elements, in ascending order of the parts.
func split(list []ranked, depth int) {
	for ; len(list) > insertionMost; depth-- {
		if depth == 0 {
			heapsort(list)
			return
		}
		medianFirst(list)
		cut := partition(list)
		split(list[cut:], depth-1)
		list = list[:cut]
	}
}

// medianFirst exchanges the first element for the median of the second, the middle and the last.
func medianFirst(list []ranked) {
	a, b, c := 1, len(list)/2, len(list)-1
	low, high := a, b
	if list[a].key >= list[b].key {
		low, high = b, a
	}
	median := low
	switch {
	case list[high].key < list[c].key:
		median = high
	case list[low].key < list[c].key:
		median = c
	}
	list[0], list[median] = list[median], list[0]
}

// partition exchanges elements around the first, the pivot, and returns where the second part begins.
func partition(list []ranked) int {
	pivot, i, j := list[0].key, 1, len(list)
	for {
		for list[i].key < pivot {
			i++
		}
		for j--; pivot < list[j].key; j-- {
		}
		if i >= j {
			return i
		}
		list[i], list[j] = list[j], list[i]
		i++
	}
}

// heapsort repeatedly removes the greatest element from a heap.
func heapsort(list []ranked) {
	h := binaryHeap(list)
	for i := len(list)/2 - 1; i >= 0; i-- {
		h.place(i, list[i])
	}
	for last := len(list) - 1; last > 0; last-- {
		list[last] = h.pop()
	}
}
