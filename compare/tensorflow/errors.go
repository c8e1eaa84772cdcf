package tensorflow

import "fmt"

// Failure says how TensorFlow failed.
type Failure string

// The failures.
const (
	Missing Failure = "missing" // there is no python3, or it lacks the package tensorflow
	Refused Failure = "refused" // TensorFlow reported an error
	Died    Failure = "died"    // TensorFlow's process ended
	Late    Failure = "late"    // the process did not answer within the time limit and was killed
	Garbled Failure = "garbled" // the process sent something that is not a valid answer and was killed
)

// Error reports that TensorFlow gave no result. After any failure but Missing, the next call starts a new
// process if the old one has ended, so a comparison can go on with other tensors.
type Error struct {
	Failure Failure
	Msg     string // one line
}

// Error says what failed, in one line.
func (e *Error) Error() string { return "TensorFlow " + e.Msg }

func failure(kind Failure, format string, args ...any) *Error {
	return &Error{Failure: kind, Msg: fmt.Sprintf(format, args...)}
}
