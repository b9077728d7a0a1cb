package local

import (
	"os"
	"strings"
	"sync"
)

// maxLog is the most bytes of a log file; what is older is kept in one file beside it, then dropped.
const maxLog = 4 << 20

// A boundedLog is a log file of limited size that also remembers its last lines.
type boundedLog struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
	tail []byte
}

func openLog(path string) (*boundedLog, error) {
	l := &boundedLog{path: path}
	return l, diskFault("open", path, l.open())
}

func (l *boundedLog) open() error {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Write never fails: a full disk must not stop the process whose words these are.
func (l *boundedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, p...)
	if over := len(l.tail) - 8<<10; over > 0 {
		l.tail = append(l.tail[:0], l.tail[over:]...)
	}
	if l.size+int64(len(p)) > maxLog && l.file != nil {
		l.file.Close()
		l.file = nil
		_ = os.Rename(l.path, l.path+".1")
		_ = l.open()
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

// forget drops the remembered lines: what follows belongs to a new process.
func (l *boundedLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = nil
}

func (l *boundedLog) remembered() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.tail)
}

// complaint is the last line that tells why a PostgreSQL program gave up.
func (l *boundedLog) complaint() string { return complaint(l.remembered()) }

func complaint(text string) string {
	found := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"FATAL:", "PANIC:", "ERROR:", "error:", "could not", "error while loading"} {
			if _, after, ok := strings.Cut(line, mark); ok {
				if found = strings.TrimSpace(after); mark == "could not" || mark == "error while loading" {
					found = line
				}
				break
			}
		}
	}
	return strings.TrimSuffix(found, ".")
}

func (l *boundedLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
