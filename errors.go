package tf2ng

import "github.com/tf2ng/tf2ng/kernels"

// ErrClosed is returned for whatever is asked of a Model after Close.
var ErrClosed = kernels.ErrClosed
