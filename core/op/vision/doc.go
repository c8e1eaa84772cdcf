// Package vision defines the ops on images: resizing, cropping, extracting patches and selecting boxes.
package vision
