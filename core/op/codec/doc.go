// Package codec defines the ops that read files of images, and texts that stand for bytes.
package codec
