package tf2ng

import "errors"

// ErrClosed is what the methods of a Model return after its Close.
var ErrClosed = errors.New("the model is closed")
