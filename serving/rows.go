package serving

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng"
)

// haveRows reports whether the first dimension of each tensor is rows.
func haveRows(tensors map[string]*tf2ng.Tensor, rows int) bool {
	for _, t := range tensors {
		if s := t.Shape(); len(s) == 0 || s[0] != rows {
			return false
		}
	}
	return true
}

// slice returns the rows first to last-1 of each tensor. The results share the tensors' memory.
func slice(tensors map[string]*tf2ng.Tensor, first, last int) (map[string]*tf2ng.Tensor, error) {
	part := make(map[string]*tf2ng.Tensor, len(tensors))
	for name, t := range tensors {
		shape := t.Shape().Clone()
		if len(shape) == 0 || last > shape[0] {
			return nil, fmt.Errorf("tensor %q of shape %v has no rows %d to %d", name, shape, first, last-1)
		}
		rows := shape[0]
		shape[0] = last - first
		var err error
		if t.Type() == tf2ng.String {
			all := t.Strings()
			one := len(all) / rows
			part[name], err = tf2ng.StringTensor(shape, all[first*one:last*one])
		} else {
			all := t.Bytes()
			one := len(all) / rows
			part[name], err = tf2ng.TensorOver(t.Type(), shape, all[first*one:last*one])
		}
		if err != nil {
			return nil, err
		}
	}
	return part, nil
}

// joining says how to make one batch from parts.
type joining struct {
	rows int  // how many rows the batch has; rows that the parts lack are copies of the first row
	pad  bool // parts are padded to the same dimensions after the first, each with its first element
}

// join concatenates the rows of parts. If j is nil, nothing is padded: dimensions after the first must be
// equal.
func join(parts []map[string]*tf2ng.Tensor, j *joining) (map[string]*tf2ng.Tensor, error) {
	whole := make(map[string]*tf2ng.Tensor, len(parts[0]))
	for _, name := range slices.Sorted(maps.Keys(parts[0])) {
		list := make([]*tf2ng.Tensor, len(parts))
		for i, p := range parts {
			if list[i] = p[name]; list[i] == nil {
				return nil, fmt.Errorf("part %d has no tensor %q", i, name)
			}
		}
		var err error
		if j != nil && j.pad {
			if list, err = padded(list); err != nil {
				return nil, err
			}
		}
		if whole[name], err = joinOne(list, j); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
	}
	return whole, nil
}

func joinOne(list []*tf2ng.Tensor, j *joining) (*tf2ng.Tensor, error) {
	shape := list[0].Shape().Clone()
	if len(shape) == 0 {
		return nil, fmt.Errorf("it has no rows")
	}
	rows := 0
	for _, t := range list {
		s := t.Shape()
		if t.Type() != list[0].Type() || len(s) != len(shape) || !s[1:].Equal(shape[1:]) {
			return nil, fmt.Errorf("parts are %v and %v", list[0], t)
		}
		rows += s[0]
	}
	shape[0] = rows
	if j != nil {
		shape[0] = max(rows, j.rows)
	}
	if list[0].Type() == tf2ng.String {
		return joinStrings(list, shape, rows)
	}
	whole, err := tf2ng.NewTensor(list[0].Type(), shape)
	if err != nil {
		return nil, err
	}
	rest := whole.Bytes()
	one := len(rest) / max(shape[0], 1)
	for _, t := range list {
		rest = rest[copy(rest, t.Bytes()):]
	}
	for len(rest) > 0 {
		rest = rest[copy(rest, list[0].Bytes()[:one]):]
	}
	return whole, nil
}

func joinStrings(list []*tf2ng.Tensor, shape tf2ng.Shape, rows int) (*tf2ng.Tensor, error) {
	var all []string
	for _, t := range list {
		all = append(all, t.Strings()...)
	}
	one := len(all) / max(rows, 1)
	for ; rows < shape[0]; rows++ {
		all = append(all, all[:one]...)
	}
	return tf2ng.StringTensor(shape, all)
}

// padded returns the tensors with each dimension after the first padded to the largest among them.
func padded(list []*tf2ng.Tensor) ([]*tf2ng.Tensor, error) {
	largest := list[0].Shape().Clone()
	for _, t := range list {
		for i, d := range t.Shape() {
			largest[i] = max(largest[i], d)
		}
	}
	out := make([]*tf2ng.Tensor, len(list))
	for i, t := range list {
		var err error
		if out[i], err = padTo(t, largest[1:]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// padTo pads the dimensions of t after the first to dims, with t's first element.
func padTo(t *tf2ng.Tensor, dims tf2ng.Shape) (*tf2ng.Tensor, error) {
	from := t.Shape()
	if from[1:].Equal(dims) || t.Len() == 0 {
		return t, nil
	}
	to := append(tf2ng.Shape{from[0]}, dims...)
	elements, err := to.Elements()
	if err != nil {
		return nil, err
	}
	if t.Type() == tf2ng.String {
		all := slices.Repeat(t.Strings()[:1], elements)
		copyInto(from, to, func(dst, src, n int) { copy(all[dst:dst+n], t.Strings()[src:src+n]) })
		return tf2ng.StringTensor(to, all)
	}
	whole, err := tf2ng.NewTensor(t.Type(), to)
	if err != nil {
		return nil, err
	}
	size, bytes := t.Type().Size(), whole.Bytes()
	for rest := bytes; len(rest) > 0; {
		rest = rest[copy(rest, t.Bytes()[:size]):]
	}
	copyInto(from, to, func(dst, src, n int) {
		copy(bytes[dst*size:(dst+n)*size], t.Bytes()[src*size:(src+n)*size])
	})
	return whole, nil
}

// copyInto copies an array into the corner of a larger one at index 0, 0, ...: it calls move for each run
// along the last dimension. Offsets and lengths are in elements.
func copyInto(from, to tf2ng.Shape, move func(dst, src, n int)) {
	if len(from) == 1 {
		move(0, 0, from[0])
		return
	}
	fromStep, toStep := from[1:].MustElements(), to[1:].MustElements()
	for i := range from[0] {
		copyInto(from[1:], to[1:], func(dst, src, n int) { move(i*toStep+dst, i*fromStep+src, n) })
	}
}
