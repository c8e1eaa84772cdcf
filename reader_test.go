package tf2ng_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng"
)

func TestLoadReaderWithoutAReader(t *testing.T) {
	_, err := tf2ng.LoadReader(nil)
	assert.EqualError(t, err, "got no reader")
}
