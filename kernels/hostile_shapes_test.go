package kernels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng/core"
	_ "github.com/tf2ng/tf2ng/fusedops" // which has ops of its own
	"github.com/tf2ng/tf2ng/internal/hostiletest"
	"github.com/tf2ng/tf2ng/kernels"
)

// A function is compiled, or refused with an error that is not this program's, whatever the shapes of its inputs.
func TestHostileShapes(t *testing.T) {
	compiled := 0
	made := hostiletest.Each(t, "../testdata/ng/schema2/*.ng", func(name string, f *core.Function) {
		_, err := kernels.Compile(f, nil, kernels.Options{Threads: 3, MaxBytes: 1 << 28})
		if err == nil {
			compiled++
			return
		}
		var internal *core.InternalError
		if errors.As(err, &internal) || strings.Contains(err.Error(), "internal error") {
			t.Errorf("%s: %v", name, err)
		}
	})
	assert.Greater(t, made, 10_000)
	assert.Greater(t, compiled, 1000)
}
