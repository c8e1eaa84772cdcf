package tf2ng

import (
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/mapped"
	"github.com/tf2ng/tf2ng/internal/ngfile"
	"github.com/tf2ng/tf2ng/kernels"
)

// ErrClosed is returned when a Model that was closed is asked to do anything.
var ErrClosed = kernels.ErrClosed

// These say what a file is when it is not a model. Load wraps them, so errors.Is finds them.
var (
	ErrEmpty      = graphdef.ErrEmpty      // nothing
	ErrText       = graphdef.ErrText       // a GraphDef in text format, which is not linked in
	ErrSavedModel = graphdef.ErrSavedModel // a SavedModel, where only a GraphDef can be read
	ErrForeign    = graphdef.ErrForeign    // another tool's model
	ErrMalformed  = graphdef.ErrMalformed  // a damaged GraphDef
	ErrFormat     = ngfile.ErrFormat       // a damaged .ng file
	ErrLimit      = graphdef.ErrLimit      // more than WithLimits accepts
)

// OptionError reports an option with an invalid value.
type OptionError = kernels.OptionError

// SizeError reports a file or a stream that is larger than a model may be.
type SizeError = mapped.SizeError

// TensorError reports a tensor for an input or an output that does not fit or is missing. Nothing was
// computed.
type TensorError = core.TensorError

// Problem says what is wrong in a TensorError.
type Problem = core.Problem

// The problems.
const (
	UnknownName = core.UnknownName // there is no such input or output
	Missing     = core.Missing     // no tensor was given for an input
	Duplicate   = core.Duplicate   // an input or output was given under two names
	NoTensor    = core.NoTensor    // the tensor is nil
	WrongType   = core.WrongType   // another element type is wanted
	WrongShape  = core.WrongShape  // another shape is wanted
)

// TypeError reports a tensor whose element type is not one of those that were asked for.
type TypeError = core.TypeError

// MemoryError reports a node that would need more memory than WithMemoryLimit or WithTensorLimit
// allows. It is returned before anything is allocated.
type MemoryError = core.MemoryError

// OpError reports attributes or inputs that an op does not accept.
type OpError = core.OpError

// FunctionError reports a core.Function that is not well formed.
type FunctionError = core.FunctionError

// SchemaError reports a .ng file with a schema that this program does not read. A newer schema needs a
// newer program; for an older one, convert the GraphDef again.
type SchemaError = core.SchemaError

// UnknownOpError reports a .ng file with an op that this program does not know: it needs a newer one.
type UnknownOpError = core.UnknownOpError

// SignatureError reports a signature that the model does not have, or that a signature must be chosen
// because there are several.
type SignatureError = savedmodel.SignatureError

// TagsError reports that no graph of a SavedModel has the wanted tags.
type TagsError = savedmodel.TagsError

// VariableError reports a variable of a SavedModel whose value cannot be determined, or that a Run
// would change.
type VariableError = savedmodel.VariableError

// NodeError reports a node of a GraphDef that cannot be translated.
type NodeError = tf.Error

// GraphError reports what is wrong with the bytes or the structure of a GraphDef.
type GraphError = graphdef.Error

// UnsupportedError lists every op that the wanted outputs need and that is not supported.
type UnsupportedError = tf.UnsupportedError

// UnsupportedOp is an op of an UnsupportedError.
type UnsupportedOp = tf.UnsupportedOp

// InternalError reports a panic: a defect of this module, or of an op registered with it, not a mistake
// of the caller. The call that panicked fails; others are not affected.
type InternalError = core.InternalError
