package serving

import (
	"context"
	"errors"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// Error says why a request failed or a version could not be loaded. It has TensorFlow Serving's status
// code, and a message that contains the key phrases of TensorFlow Serving's message.
type Error = fault.Error

// Code is a status code, with gRPC's numbers and names.
type Code = fault.Code

// The codes of a Manager's errors.
const (
	OK                 = fault.OK                 // there is no error
	Cancelled          = fault.Cancelled          // the client is gone
	Unknown            = fault.Unknown            // the error is none of this package
	InvalidArgument    = fault.InvalidArgument    // the request is wrong
	DeadlineExceeded   = fault.DeadlineExceeded   // it took too long
	NotFound           = fault.NotFound           // there is no such model or version
	ResourceExhausted  = fault.ResourceExhausted  // the requests in flight are too many or too large
	FailedPrecondition = fault.FailedPrecondition // the model has no such signature
	Unimplemented      = fault.Unimplemented
	Internal           = fault.Internal    // a bug in this module or in a Servable's Run
	Unavailable        = fault.Unavailable // a queue is full, or the server is shutting down
)

// CodeOf returns the code of an error: OK for nil, and Unknown for an error that wraps no *Error.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return Unknown
}

// stopped returns the error of a request whose context is done.
func stopped(ctx context.Context) *Error {
	k := fault.Stopped
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		k = fault.Timeout
	}
	e := fault.New(k)
	e.Err = ctx.Err()
	return e
}

// failed returns the *Error for an error that a Run returned.
func failed(ctx context.Context, err error) error {
	var (
		known  *Error
		tensor *tf2ng.TensorError
		memory *tf2ng.MemoryError
		op     *tf2ng.OpError
	)
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return stopped(ctx)
	case errors.As(err, &memory):
		return fault.New(fault.TensorMemory, err)
	case errors.As(err, &tensor), errors.As(err, &op):
		return fault.New(fault.RunFailed, err)
	case errors.Is(err, tf2ng.ErrClosed):
		return fault.New(fault.ShuttingDown)
	}
	return fault.New(fault.RunInternal, err)
}
