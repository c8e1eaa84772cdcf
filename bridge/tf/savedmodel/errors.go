package savedmodel

import (
	"fmt"
	"slices"
	"strings"
)

// TagsError reports that no MetaGraph of a SavedModel has the tags that were asked for.
type TagsError struct {
	Want []string   // nil: no tags were given, and there are several MetaGraphs, none of them tagged "serve"
	Have [][]string // the tags of each MetaGraph
}

// Error reads: no graph has the tags "gpu", "serve": it has graphs with the tags ["serve"], ["train"]
func (e *TagsError) Error() string {
	list := make([]string, len(e.Have))
	for i, tags := range e.Have {
		list[i] = fmt.Sprintf("%q", tags)
	}
	have := "the SavedModel has graphs with the tags " + strings.Join(list, ", ")
	if e.Want == nil {
		return have + ": choose one with --tags"
	}
	return fmt.Sprintf("no graph has the tags %q: %s", e.Want, have)
}

// SignatureError reports that a model does not have a signature, or that one of several must be chosen.
type SignatureError struct {
	Name string   // the signature that was asked for; empty if none was named
	Have []string // the model's signatures
}

// Error reads: no signature "classify": the model has "predict", "serving_default"
func (e *SignatureError) Error() string {
	have := fmt.Sprintf("the model has the signatures %s", quoted(e.Have))
	switch {
	case len(e.Have) == 0:
		return fmt.Sprintf("no signature %q: the model has none", e.Name)
	case e.Name == "":
		return have + ": choose one with --signature"
	}
	return fmt.Sprintf("no signature %q: %s", e.Name, have)
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range slices.Sorted(slices.Values(names)) {
		list[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(list, ", ")
}

// VariableError reports a variable whose value cannot be read, or may change from run to run.
type VariableError struct {
	Variable string
	Err      error
}

// Error reads: variable "dense/kernel": variables/variables.index: key "dense/kernel": no such key
func (e *VariableError) Error() string { return fmt.Sprintf("variable %q: %v", e.Variable, e.Err) }

// Unwrap returns the reason.
func (e *VariableError) Unwrap() error { return e.Err }
