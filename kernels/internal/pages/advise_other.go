//go:build !linux

package pages

func advise(begin, size uintptr) {}

func collapse(begin, size uintptr) {}
