package view_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng/internal/view"
)

func TestViewsShareMemory(t *testing.T) {
	words := []uint64{0, 0}
	b := view.Bytes(words)
	assert.Len(t, b, 16)
	for i := range 4 {
		binary.NativeEndian.PutUint32(b[4*i:], uint32(i+1))
	}
	assert.Equal(t, []int32{1, 2, 3, 4}, view.Of[int32](b))
	assert.Equal(t, []int32{3}, view.Of[int32](b[8:15]), "bytes after the last whole element")
	assert.Equal(t, []int32{2, 3}, view.First[int32](b[4:], 2))
	view.First[uint32](b, 1)[0] = 5
	assert.Equal(t, []uint32{5, 2, 3, 4}, view.Of[uint32](view.Bytes(words)))
	assert.Empty(t, view.Of[float64](nil))
	assert.Empty(t, view.First[float64](nil, 0))
	assert.Empty(t, view.Bytes[float64](nil))
}

func TestFirstPanicsBeyondTheLength(t *testing.T) {
	b := view.Bytes([]uint64{0, 0})
	for name, f := range map[string]func(){
		"beyond the length, within the capacity": func() { view.First[int32](b[:12], 4) },
		"part of an element":                     func() { view.First[int32](b[:15], 4) },
		"beyond the capacity":                    func() { view.First[int64](b, 3) },
		"negative":                               func() { view.First[int64](b, -1) },
	} {
		t.Run(name, func(t *testing.T) { assert.Panics(t, f) })
	}
	assert.NotPanics(t, func() { view.First[int32](b[:12], 3) })
}
