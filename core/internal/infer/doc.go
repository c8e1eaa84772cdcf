// Package infer has what the Infer of many ops asks of operands, and the shapes that follow from theirs.
package infer
