package vision

import "math/bits"

// TensorFlow's CombinedNonMaxSuppression compares candidates by their scores alone. The order of equal scores is
// whatever the C++ library's binary heap and introsort produce, which is reproduced here.

// binaryHeap is a heap whose first element is not less than any other.
type binaryHeap[T any] struct {
	list []T
	less func(a, b T) bool
}

// push adds x at the end and lifts it above smaller elements.
func (h *binaryHeap[T]) push(x T) {
	h.list = append(h.list, x)
	h.lift(len(h.list)-1, 0, x)
}

// pop removes the first element. The last takes its place.
func (h *binaryHeap[T]) pop() T {
	first, last := h.list[0], len(h.list)-1
	x := h.list[last]
	h.list = h.list[:last]
	if last > 0 {
		h.place(0, x)
	}
	return first
}

// place moves the hole down to a leaf, along the greater children (the second of equals), and
// lifts x from there.
func (h *binaryHeap[T]) place(hole int, x T) {
	top := hole
	for child := 2*hole + 1; child < len(h.list); child = 2*hole + 1 {
		if child+1 < len(h.list) && !h.less(h.list[child+1], h.list[child]) {
			child++
		}
		h.list[hole] = h.list[child]
		hole = child
	}
	h.lift(hole, top, x)
}

// lift moves the hole up past elements that are less than x, up to top, and fills it with x.
func (h *binaryHeap[T]) lift(hole, top int, x T) {
	for hole > top {
		parent := (hole - 1) / 2
		if !h.less(h.list[parent], x) {
			break
		}
		h.list[hole] = h.list[parent]
		hole = parent
	}
	h.list[hole] = x
}

// insertionMost is the length up to which introsort does not split a list.
const insertionMost = 16

// introsort sorts a list: quicksort around the median of three down to insertionMost elements,
// heapsort where that goes too deep, and a last insertion sort.
func introsort[T any](list []T, less func(a, b T) bool) {
	if len(list) == 0 {
		return
	}
	split(list, less, 2*(bits.Len(uint(len(list)))-1))
	for i := 1; i < len(list); i++ {
		x, at := list[i], i
		for ; at > 0 && less(x, list[at-1]); at-- {
			list[at] = list[at-1]
		}
		list[at] = x
	}
}

// split divides the list into parts of at most insertionMost elements, in ascending order of the parts.
func split[T any](list []T, less func(a, b T) bool, depth int) {
	for ; len(list) > insertionMost; depth-- {
		if depth == 0 {
			heapsort(list, less)
			return
		}
		medianFirst(list, less)
		cut := partition(list, less)
		split(list[cut:], less, depth-1)
		list = list[:cut]
	}
}

// medianFirst exchanges the first element for the median of the second, the middle and the last.
func medianFirst[T any](list []T, less func(a, b T) bool) {
	a, b, c := 1, len(list)/2, len(list)-1
	low, high := a, b
	if !less(list[a], list[b]) {
		low, high = b, a
	}
	median := low
	switch {
	case less(list[high], list[c]):
		median = high
	case less(list[low], list[c]):
		median = c
	}
	list[0], list[median] = list[median], list[0]
}

// partition exchanges elements around the first, the pivot, and returns where the second part begins.
func partition[T any](list []T, less func(a, b T) bool) int {
	i, j := 1, len(list)
	for {
		for less(list[i], list[0]) {
			i++
		}
		for j--; less(list[0], list[j]); j-- {
		}
		if i >= j {
			return i
		}
		list[i], list[j] = list[j], list[i]
		i++
	}
}

// heapsort repeatedly removes the greatest element from a heap.
func heapsort[T any](list []T, less func(a, b T) bool) {
	h := binaryHeap[T]{list, less}
	for i := len(list)/2 - 1; i >= 0; i-- {
		h.place(i, list[i])
	}
	for last := len(list) - 1; last > 0; last-- {
		list[last] = h.pop()
	}
}
