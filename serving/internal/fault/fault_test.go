package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every kind has a code and a text in which its phrase stands, whatever its arguments are.
func TestRows(t *testing.T) {
	formats := map[string]bool{}
	for i, row := range Rows() {
		t.Run(fmt.Sprint(i, " ", row.Phrase), func(t *testing.T) {
			assert.NotEqual(t, OK, row.Code)
			assert.NotEmpty(t, row.Format)
			assert.NotEmpty(t, row.Source)
			assert.Contains(t, strings.ReplaceAll(row.Format, `\"`, `"`), row.Phrase)
			if row.Format != "%v" {
				assert.False(t, formats[row.Format], "two kinds of one text")
				assert.NotEmpty(t, row.Phrase)
			}
			formats[row.Format] = true
		})
	}
}

func TestCodes(t *testing.T) {
	for _, test := range []struct {
		code Code
		name string
		http int
	}{
		{OK, "OK", 200},
		{Cancelled, "CANCELLED", 499},
		{InvalidArgument, "INVALID_ARGUMENT", 400},
		{DeadlineExceeded, "DEADLINE_EXCEEDED", 504},
		{NotFound, "NOT_FOUND", 404},
		{ResourceExhausted, "RESOURCE_EXHAUSTED", 429},
		{FailedPrecondition, "FAILED_PRECONDITION", 400},
		{Unimplemented, "UNIMPLEMENTED", 501},
		{Internal, "INTERNAL", 500},
		{Unavailable, "UNAVAILABLE", 503},
		{99, "CODE_99", 500},
	} {
		assert.Equal(t, test.name, test.code.String())
		assert.Equal(t, test.http, test.code.HTTP(), test.name)
	}
}

func TestNewKeepsTheCause(t *testing.T) {
	cause := errors.New("why")
	assert.ErrorIs(t, New(RunFailed, cause), cause)
	assert.EqualError(t, New(NoVersion, "m", int64(3)), "Servable not found for request: Specific(m, 3)")
}
