package local

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// maxSocketPath is what the kernel allows for a Unix socket's path on every system, its final zero included.
const maxSocketPath = 104

// listen opens the supervisor's socket and records where it is. The caller holds the supervisor's lock, so a socket
// that is there already belongs to nobody.
func (l *layout) listen() (*net.UnixListener, error) {
	path, err := l.socketPath()
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, diskFault("remove", path, err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, diskFault("listen on", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, diskFault("protect", path, err)
	}
	err = replaceFile(l.runFile("socket"), 0o600, func(f *os.File) error { _, err := f.WriteString(path + "\n"); return err })
	if err != nil {
		listener.Close()
		return nil, diskFault("write", l.runFile("socket"), err)
	}
	return listener, nil
}

// socketPath is in the home folder where that is short enough, else in a folder of our own for temporary files.
func (l *layout) socketPath() (string, error) {
	if path := l.runFile("supervisor.sock"); len(path) < maxSocketPath {
		return path, nil
	}
	folder := filepath.Join(os.TempDir(), "osmanthus-"+strconv.Itoa(os.Geteuid()))
	if len(folder) > maxSocketPath-32 {
		folder = filepath.Join("/tmp", filepath.Base(folder))
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", diskFault("make", folder, err)
	}
	// Everybody may write to the folder above: trust only what is ours and closed to others.
	info, err := os.Lstat(folder)
	if err != nil {
		return "", diskFault("look at", folder, err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(owner.Uid) != os.Geteuid() || info.Mode().Perm() != 0o700 {
		return "", fault(CodeDisk, nil, "path", folder, "reason", "it is not a private folder of this user")
	}
	return filepath.Join(folder, l.hash()+".sock"), nil
}

// dial connects to the supervisor of this home folder; no supervisor is an error.
func (l *layout) dial() (*net.UnixConn, error) {
	content, err := os.ReadFile(l.runFile("socket"))
	if err != nil {
		return nil, fmt.Errorf("find the supervisor's socket: %w", err)
	}
	return net.DialUnix("unix", nil, &net.UnixAddr{Name: strings.TrimSpace(string(content)), Net: "unix"})
}
