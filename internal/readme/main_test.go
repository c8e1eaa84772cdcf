package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestREADMEIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	want, err := replace(string(text), supported())
	require.NoError(t, err)
	assert.Equal(t, want, string(text), "run make generate")
}

func TestReplaceNeedsItsMarks(t *testing.T) {
	for _, text := range []string{"", begin, end + begin} {
		_, err := replace(text, "x")
		assert.Error(t, err, text)
	}
}
