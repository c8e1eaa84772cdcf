// Package infer helps Infer: it checks operands, and computes the shapes that follow from theirs.
package infer
