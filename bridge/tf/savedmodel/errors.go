package savedmodel

import (
	"fmt"
	"slices"
	"strings"
)

// TagsError reports that no MetaGraph of a SavedModel has the tags that are wanted.
type TagsError struct {
	Want []string   // nil: none were given, and neither is one tagged "serve" nor is there only one
	Have [][]string // of each MetaGraph
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

// SignatureError reports a signature that is not there, or that one must be chosen.
type SignatureError struct {
	Name string // that is wanted; empty: none was
	Have []string
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

// VariableError reports a variable whose value cannot be had, or is not the same in each run.
type VariableError struct {
	Variable string
	Err      error
}

// Error reads: variable "dense/kernel": variables/variables.index: key "dense/kernel": no such key
func (e *VariableError) Error() string { return fmt.Sprintf("variable %q: %v", e.Variable, e.Err) }

// Unwrap returns the reason.
func (e *VariableError) Unwrap() error { return e.Err }
