// Package text defines the ops on strings: hashes, numbers as text and text as numbers, and what edits text.
package text
