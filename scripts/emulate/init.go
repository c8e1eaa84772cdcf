//go:build ignore

// Command init is process 1 of the guest that emulate-avx512 boots. It runs
// /emulate/test with the arguments and environment the script packed beside it,
// sends its output to the second serial port, reports its exit status on the
// console and powers the guest off.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"
)

// statusSetupFailed is the status reported when the program could not be run.
const statusSetupFailed = 125

func main() {
	status, err := run()
	if console, openErr := os.OpenFile("/dev/console", os.O_WRONLY, 0); openErr == nil {
		if err != nil {
			fmt.Fprintf(console, "\nemulate: %v\n", err)
		}
		fmt.Fprintf(console, "\nemulate: status %d.\n", status)
		drain(console)
	}
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

// run mounts what Go programs expect, runs the program and returns its status.
func run() (int, error) {
	for _, fs := range [][2]string{{"proc", "/proc"}, {"devtmpfs", "/dev"}, {"sysfs", "/sys"}} {
		if err := os.MkdirAll(fs[1], 0o755); err != nil {
			return statusSetupFailed, err
		}
		if err := syscall.Mount(fs[0], fs[1], fs[0], 0, ""); err != nil {
			return statusSetupFailed, fmt.Errorf("mount %s: %w", fs[1], err)
		}
	}
	if err := os.MkdirAll(os.TempDir(), 0o777); err != nil {
		return statusSetupFailed, err
	}
	if err := requireFlags(); err != nil {
		return statusSetupFailed, err
	}
	out, err := os.OpenFile("/dev/ttyS1", os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return statusSetupFailed, err
	}
	if err := makeRaw(out); err != nil {
		return statusSetupFailed, fmt.Errorf("make ttyS1 raw: %w", err)
	}
	defer drain(out)
	cmd, err := command()
	if err != nil {
		return statusSetupFailed, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	return exitStatus(cmd.Run())
}

// requireFlags fails unless the guest's CPU has every flag the script asks for.
func requireFlags() error {
	want, err := readList("/emulate/flags")
	if err != nil {
		return err
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, field := range bytes.Fields(info) {
		have[string(field)] = true
	}
	for _, flag := range want {
		if !have[flag] {
			return fmt.Errorf("emulated CPU lacks %s", flag)
		}
	}
	return nil
}

func command() (*exec.Cmd, error) {
	args, err := readList("/emulate/args")
	if err != nil {
		return nil, err
	}
	env, err := readList("/emulate/env")
	if err != nil {
		return nil, err
	}
	dir, err := readList("/emulate/cwd")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/emulate/test", args...)
	cmd.Env = env
	cmd.Dir = dir[0]
	return cmd, nil
}

// exitStatus follows the shell: 128 plus the signal's number for a killed program.
func exitStatus(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return statusSetupFailed, err
	}
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// readList splits a file of NUL-terminated strings.
func readList(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []string
	for item := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte{0}), []byte{0}) {
		if len(data) > 0 {
			list = append(list, string(item))
		}
	}
	return list, nil
}

// makeRaw keeps the terminal from turning \n into \r\n.
func makeRaw(tty *os.File) error {
	var t syscall.Termios
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&t)))
	if errno != 0 {
		return errno
	}
	t.Oflag &^= syscall.OPOST
	t.Lflag &^= syscall.ECHO | syscall.ICANON | syscall.ISIG
	_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), syscall.TCSETS, uintptr(unsafe.Pointer(&t)))
	if errno != 0 {
		return errno
	}
	return nil
}

// drain waits until the serial port has sent everything: tcdrain, and a moment
// more because Bochs reports the transmitter empty one byte too early.
func drain(tty *os.File) {
	const tcsbrk = 0x5409
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), tcsbrk, 1)
	time.Sleep(20 * time.Millisecond)
}
