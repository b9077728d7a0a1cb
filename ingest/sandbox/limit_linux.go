package sandbox

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// limitMemory bounds the process's writable memory. The limit of address space would not do: Go and WebAssembly reserve
// much more of it than they use.
func limitMemory(bytes int64) error {
	limit := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &limit); err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}

// attributes put a child into a group of its own, so that the terminal's Ctrl-C reaches the parent alone.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
