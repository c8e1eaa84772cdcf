//go:build unix

package main

import "syscall"

// chrooted returns the attributes of a process in another root.
func chrooted(root string) *syscall.SysProcAttr { return &syscall.SysProcAttr{Chroot: root} }
