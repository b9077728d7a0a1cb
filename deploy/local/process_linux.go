package local

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

func checkPlatform() error {
	if runtime.GOARCH != "amd64" {
		return fault(CodePlatform, nil, "system", runtime.GOOS+"/"+runtime.GOARCH)
	}
	return nil
}

// checkProcessor: the engine is compiled for these instructions and would die without them.
func checkProcessor() error {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return fault(CodeProcessor, nil)
	}
	return nil
}

// childAttributes make a child that gets signal when the thread that starts it ends.
func childAttributes(a *account, signal syscall.Signal) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Pdeathsig: signal}
	if a != nil {
		attributes.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attributes
}

// syncTree brings what was written below a folder to the disk.
func syncTree(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

// setNice lowers the calling thread's priority and that of the threads it makes from then on.
func setNice(nice int) error { return unix.Setpriority(unix.PRIO_PROCESS, 0, nice) }

// running reports whether a process exists and is more than an exit status nobody has fetched.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// The name stands in brackets and may hold anything; the state follows the last one.
	_, after, ok := cutLast(stat, []byte(") "))
	return ok && len(after) > 0 && after[0] != 'Z' && after[0] != 'X'
}

func cutLast(s, sep []byte) (before, after []byte, found bool) {
	i := bytes.LastIndex(s, sep)
	if i < 0 {
		return s, nil, false
	}
	return s[:i], s[i+len(sep):], true
}

// serversIn lists PostgreSQL's processes that work in the data folder path.
func serversIn(path string) []int {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		folder, err := os.Readlink("/proc/" + entry.Name() + "/cwd")
		if err != nil || folder != path {
			continue
		}
		program, err := os.Readlink("/proc/" + entry.Name() + "/exe")
		if err == nil && filepath.Base(strings.TrimSuffix(program, " (deleted)")) == "postgres" && running(pid) {
			found = append(found, pid)
		}
	}
	return found
}
