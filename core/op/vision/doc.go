// Package vision has the ops on images: resizing, cropping, cutting in patches, and choosing among boxes.
package vision
