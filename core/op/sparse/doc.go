// Package sparse defines the ops on rows that are told apart by numbers, on ragged tensors, whose rows have different
// lengths, and on sparse tensors, of which only some elements are given, each with its indices.
package sparse
