package tensorflow

import "fmt"

// Failure says how TensorFlow failed.
type Failure string

// The failures.
const (
	Missing Failure = "missing" // there is no python3, or it has no tensorflow
	Refused Failure = "refused" // TensorFlow gave an error
	Died    Failure = "died"    // its process ended
	Late    Failure = "late"    // it did not answer within the time limit, and was ended
	Garbled Failure = "garbled" // it answered what is no answer, and was ended
)

// Error reports that TensorFlow gave no result. After any failure but Missing the next call
// starts another process if there is none, so a comparison can go on with other tensors.
type Error struct {
	Failure Failure
	Msg     string // one line
}

// Error says what failed, in one line.
func (e *Error) Error() string { return "TensorFlow " + e.Msg }

func failure(kind Failure, format string, args ...any) *Error {
	return &Error{Failure: kind, Msg: fmt.Sprintf(format, args...)}
}
