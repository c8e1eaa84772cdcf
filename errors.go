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

// ErrClosed is returned for whatever is asked of a Model after Close.
var ErrClosed = kernels.ErrClosed

// What a file that is no model is; errors.Is finds them in the errors of Load.
var (
	ErrEmpty      = graphdef.ErrEmpty      // nothing
	ErrText       = graphdef.ErrText       // a GraphDef in text format, which is not linked in
	ErrSavedModel = graphdef.ErrSavedModel // a SavedModel where only a GraphDef is read
	ErrForeign    = graphdef.ErrForeign    // another tool's model
	ErrMalformed  = graphdef.ErrMalformed  // a damaged GraphDef
	ErrFormat     = ngfile.ErrFormat       // a damaged .ng file
	ErrLimit      = graphdef.ErrLimit      // more than WithLimits accepts
)

// OptionError reports the value of an option that has no meaning.
type OptionError = kernels.OptionError

// SizeError reports a file or a stream with more bytes than a model may have.
type SizeError = mapped.SizeError

// TensorError reports a tensor that a caller gave, or failed to give, for an input or an
// output. Nothing was computed.
type TensorError = kernels.TensorError

// Problem is what is wrong with the tensor of a TensorError.
type Problem = kernels.Problem

// The problems.
const (
	UnknownName = kernels.UnknownName // there is no such input or output
	Missing     = kernels.Missing     // no tensor was given for an input
	Duplicate   = kernels.Duplicate   // an input or output was given under two names
	NoTensor    = kernels.NoTensor    // the tensor is nil
	WrongType   = kernels.WrongType   // another element type is wanted
	WrongShape  = kernels.WrongShape  // another shape is wanted
)

// TypeError reports a tensor whose element type is not one that was asked for.
type TypeError = core.TypeError

// MemoryError reports a node that would need more memory than WithMemoryLimit or WithTensorLimit
// allows. It is found before any is taken.
type MemoryError = core.MemoryError

// OpError reports attributes or inputs that an op does not accept.
type OpError = core.OpError

// FunctionError reports a core.Function that was put together wrongly.
type FunctionError = core.FunctionError

// SchemaError reports a .ng file of a schema that this program does not read: a newer one
// needs a newer program, and for an older one the GraphDef is to be converted again.
type SchemaError = core.SchemaError

// UnknownOpError reports a .ng file with an op that needs a newer program.
type UnknownOpError = core.UnknownOpError

// SignatureError reports a signature that a model does not have, or that one must be chosen.
type SignatureError = savedmodel.SignatureError

// TagsError reports that no graph of a SavedModel has the tags that are wanted.
type TagsError = savedmodel.TagsError

// VariableError reports a variable of a SavedModel whose value cannot be had, or that a run would
// change.
type VariableError = savedmodel.VariableError

// NodeError reports a node of a GraphDef that cannot be translated.
type NodeError = tf.Error

// GraphError reports what is wrong with the bytes or the structure of a GraphDef.
type GraphError = graphdef.Error

// UnsupportedError lists all ops that the wanted outputs need and that are not translated.
type UnsupportedError = tf.UnsupportedError

// UnsupportedOp is an op of an UnsupportedError.
type UnsupportedOp = tf.UnsupportedOp

// InternalError reports a panic: a mistake of this module, or of an op that was registered
// with it, and not of the caller. The call that met it has failed; others go on.
type InternalError = kernels.InternalError
