package local

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// lockFile waits until it holds the lock of a file, which the kernel frees when the process ends in any way.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	for {
		unlock, err := tryLock(path)
		if !errors.Is(err, errLocked) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fault(CodeBusy, ctx.Err(), "path", path)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var errLocked = errors.New("locked by another process")

func tryLock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, diskFault("open", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, diskFault("lock", path, err)
	}
	return sync.OnceFunc(func() { f.Close() }), nil
}
