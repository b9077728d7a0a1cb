package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A layout knows where things lie below a home folder:
//
//	parts/      wheels, what is unpacked of them, dictionary.bin
//	postgres/   data/, password, lock
//	run/        locks, socket, state.json (ports and key, kept so that addresses outlive a restart)
//	log/        postgres.log, supervisor.log
//	postgres-location   where parts/ and postgres/ of PostgreSQL are instead, when they cannot be here
type layout struct{ home string }

func openLayout(home string) (*layout, error) {
	if home == "" {
		return nil, errors.New("the home folder of the embedded parts is not named")
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return nil, fmt.Errorf("find the home folder: %w", err)
	}
	l := &layout{home: home}
	for _, folder := range []string{home, l.parts(), l.logs()} {
		if err := makeFolder(folder, 0o755); err != nil {
			return nil, err
		}
	}
	return l, makeFolder(l.run(), 0o700)
}

func (l *layout) parts() string              { return filepath.Join(l.home, "parts") }
func (l *layout) run() string                { return filepath.Join(l.home, "run") }
func (l *layout) logs() string               { return filepath.Join(l.home, "log") }
func (l *layout) runFile(name string) string { return filepath.Join(l.run(), name) }

// hash names the home folder in places outside it.
func (l *layout) hash() string {
	sum := sha256.Sum256([]byte(l.home))
	return hex.EncodeToString(sum[:6])
}

// sharedState is where PostgreSQL of a root process goes when its user cannot reach the home folder.
const sharedState = "/var/lib/osmanthus"

// A place is where PostgreSQL's program and data are, and the user it runs as.
type place struct {
	root string
	user *account // nil: as ourselves
}

func (p place) parts() string    { return filepath.Join(p.root, "parts") }
func (p place) postgres() string { return filepath.Join(p.root, "postgres") }
func (p place) data() string     { return filepath.Join(p.postgres(), "data") }

// An account is a user other than root.
type account struct {
	name     string
	uid, gid uint32
}

// placePostgres decides where PostgreSQL goes: into the home folder, unless we are root (PostgreSQL refuses to run as
// root) and the user it is to run as cannot reach that folder; then below /var/lib, and the choice is recorded.
func (l *layout) placePostgres(shared string) (place, error) {
	if os.Geteuid() != 0 {
		return place{root: l.home}, nil
	}
	if shared == "" {
		shared = sharedState
	}
	record := filepath.Join(l.home, "postgres-location")
	root := l.home
	switch recorded, err := os.ReadFile(record); {
	case err == nil:
		root = strings.TrimSpace(string(recorded))
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, diskFault("read", record, err)
	}
	p := place{root: root}
	var err error
	if p.user, err = postgresAccount(p.data()); err != nil {
		return place{}, err
	}
	if reachable(root, *p.user) && reachable(p.parts(), *p.user) {
		return p, nil
	}
	if _, err := os.Stat(p.data()); err == nil || root != l.home {
		return place{}, fault(CodeUser, nil, "user", p.user.name, "reason", "it cannot enter "+root)
	}
	p.root = filepath.Join(shared, l.hash())
	for _, folder := range []string{p.root, p.parts()} {
		if err := makeFolder(folder, 0o755); err != nil {
			return place{}, err
		}
	}
	if !reachable(p.root, *p.user) {
		return place{}, fault(CodeUser, nil, "user", p.user.name, "reason", "it cannot enter "+p.root)
	}
	err = replaceFile(record, 0o644, func(f *os.File) error { _, err := f.WriteString(p.root + "\n"); return err })
	return p, diskFault("write", record, err)
}

// postgresAccount is the user PostgreSQL runs as under root: the owner of existing data, else postgres, else nobody.
func postgresAccount(data string) (*account, error) {
	if info, err := os.Stat(data); err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
			return &account{name: strconv.Itoa(int(owner.Uid)), uid: owner.Uid, gid: owner.Gid}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return nil, fault(CodeUser, nil, "user", "nobody", "reason", "this system has no such user")
}

// reachable reports whether the account may enter path and every folder above it, by their permission bits. What does
// not exist yet will be made so that it may.
func reachable(path string, a account) bool {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	for {
		info, err := os.Stat(path)
		if err == nil {
			owner, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				return false
			}
			bit := fs.FileMode(0o001)
			switch {
			case owner.Uid == a.uid:
				bit = 0o100
			case owner.Gid == a.gid:
				bit = 0o010
			}
			if info.Mode().Perm()&bit == 0 {
				return false
			}
		}
		parent := filepath.Dir(path)
		if parent == path {
			return true
		}
		path = parent
	}
}
