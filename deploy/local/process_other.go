//go:build !linux

package local

import (
	"os"
	"runtime"
	"syscall"
)

func checkPlatform() error {
	return fault(CodePlatform, nil, "system", runtime.GOOS+"/"+runtime.GOARCH)
}

func checkProcessor() error { return checkPlatform() }

func childAttributes(*account, syscall.Signal) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func syncTree(string) error { return nil }

func setNice(int) error { return nil }

func running(pid int) bool {
	process, err := os.FindProcess(pid)
	return err == nil && process.Signal(syscall.Signal(0)) == nil
}

func serversIn(string) []int { return nil }
