package onnx_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx"
	"github.com/tf2ng/tf2ng/internal/hostiletest"
)

// A function is written, or refused with reasons, whatever the shapes of its inputs.
func TestHostileShapes(t *testing.T) {
	written := 0
	made := hostiletest.Each(t, "../../testdata/ng/schema2/*.ng", func(name string, f *core.Function) {
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("%s: %v", name, r)
			}
		}()
		var unsupported *onnx.UnsupportedError
		if _, err := onnx.Export(f, onnx.Options{}); err == nil {
			written++
		} else if !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	})
	assert.Greater(t, made, 10_000)
	assert.Greater(t, written, 1000)
}
