//go:build !linux

package sandbox

import "syscall"

// limitMemory: elsewhere only Go's own limit and the deadline hold.
func limitMemory(int64) error { return nil }

func attributes() *syscall.SysProcAttr { return nil }
