package local

import (
	"os/exec"
	"runtime"
)

// A spawner starts child processes from one thread that lives until close: the kernel signals a child whose
// Pdeathsig is set when the thread that started it ends, not when the process does.
type spawner struct {
	starts chan startRequest
	done   chan struct{}
}

type startRequest struct {
	cmd   *exec.Cmd
	reply chan<- error
}

func newSpawner() *spawner {
	s := &spawner{starts: make(chan startRequest), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for {
			select {
			case r := <-s.starts:
				r.reply <- r.cmd.Start()
			case <-s.done:
				return
			}
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	reply := make(chan error, 1)
	select {
	case s.starts <- startRequest{cmd, reply}:
		return <-reply
	case <-s.done:
		return exec.ErrNotFound
	}
}

// close ends the spawner; its children must have ended before.
func (s *spawner) close() { close(s.done) }
