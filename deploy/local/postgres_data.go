package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// prepare makes the data folder, or checks the one there is, and reads the password.
func (c *cluster) prepare(ctx context.Context) error {
	data := c.place.data()
	version, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.initialise(ctx)
	case err != nil:
		return diskFault("read", data, err)
	}
	if found := strings.TrimSpace(string(version)); found != postgresMajor {
		return fault(CodeVersion, nil, "path", data, "found", found, "wanted", postgresMajor)
	}
	password, err := os.ReadFile(c.passwordFile())
	if errors.Is(err, fs.ErrNotExist) {
		return c.resetPassword(ctx)
	}
	if err != nil {
		return diskFault("read", c.passwordFile(), err)
	}
	c.password = strings.TrimSpace(string(password))
	return nil
}

func (c *cluster) passwordFile() string { return filepath.Join(c.place.postgres(), "password") }

// newPassword draws a password and writes it down before anything uses it.
func (c *cluster) newPassword() error {
	password := randomHex(16)
	err := replaceFile(c.passwordFile(), 0o600, func(f *os.File) error { _, err := f.WriteString(password + "\n"); return err })
	if err != nil {
		return diskFault("write", c.passwordFile(), err)
	}
	c.password = password
	return nil
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// initialise makes the data folder under another name and renames it when it is whole, so that a kill on the way
// leaves nothing that looks like one.
func (c *cluster) initialise(ctx context.Context) error {
	root := c.place.postgres()
	if err := removeLeftovers(root, ".init-*"); err != nil {
		return err
	}
	if err := c.newPassword(); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(root, ".init-")
	if err != nil {
		return diskFault("make the database in", root, err)
	}
	defer os.RemoveAll(fresh)
	secret, err := os.CreateTemp(root, ".init-password-")
	if err != nil {
		return diskFault("make the database in", root, err)
	}
	defer os.Remove(secret.Name())
	_, err = secret.WriteString(c.password + "\n")
	if err := errors.Join(err, secret.Close()); err != nil {
		return diskFault("make the database in", root, err)
	}
	if a := c.place.user; a != nil {
		for _, path := range []string{fresh, secret.Name()} {
			if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
				return fault(CodeUser, err, "user", a.name, "reason", reason(err))
			}
		}
	}
	err = c.runTool(ctx, "", "initdb", "-D", fresh, "-U", postgresRole, "--pwfile", secret.Name(), "--auth=scram-sha-256",
		"-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions")
	if err != nil {
		return err
	}
	if err := c.single(ctx, fresh, "CREATE DATABASE "+postgresDatabase); err != nil {
		return err
	}
	if err := os.Rename(fresh, c.place.data()); err != nil {
		return diskFault("name", c.place.data(), err)
	}
	c.log.Info("made the private database", "path", c.place.data())
	return diskFault("write", root, syncTree(root))
}

// resetPassword gives the superuser a new password where the file with the old one is gone.
func (c *cluster) resetPassword(ctx context.Context) error {
	if err := c.clearLeftovers(ctx); err != nil {
		return err
	}
	if err := c.newPassword(); err != nil {
		return err
	}
	err := c.single(ctx, c.place.data(), "ALTER ROLE "+postgresRole+" PASSWORD '"+c.password+"'")
	if err != nil {
		_ = os.Remove(c.passwordFile()) // it is not the password yet
	}
	return err
}

// single runs one statement on a data folder without a server.
func (c *cluster) single(ctx context.Context, data, statement string) error {
	return c.runTool(ctx, statement+"\n", "postgres", "--single", "-D", data, "-c", "log_min_error_statement=panic", "template1")
}

// runTool runs one of PostgreSQL's programs to its end; what it says goes to the log.
func (c *cluster) runTool(ctx context.Context, input, name string, arguments ...string) error {
	var said bytes.Buffer
	cmd := c.program(name, arguments...)
	cmd.SysProcAttr = childAttributes(c.place.user, syscall.SIGKILL)
	cmd.Stdin = strings.NewReader(input)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second
	if err := c.spawn.start(cmd); err != nil {
		return c.startFault(fmt.Errorf("run %s: %w", name, err), "")
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	_, _ = c.out.Write(said.Bytes())
	// A server without clients says so and leaves with success when a statement fails.
	if text := said.String(); err != nil || strings.Contains(text, "ERROR:") || strings.Contains(text, "FATAL:") {
		if err == nil {
			err = fmt.Errorf("%s failed", name)
		}
		return c.startFault(err, text)
	}
	return nil
}

// clearLeftovers ends what a killed supervisor's server has left running on the data folder, and removes a pid file
// whose number now belongs to another program, which PostgreSQL would take for a running server.
func (c *cluster) clearLeftovers(ctx context.Context) error {
	data := c.place.data()
	// The death of the supervisor has asked a former server to stop already: give it the time, then ask again, harder.
	for _, step := range []struct {
		signal syscall.Signal
		limit  time.Duration
	}{{syscall.SIGINT, postgresFastStop}, {syscall.SIGQUIT, postgresQuickStop}, {syscall.SIGKILL, postgresQuickStop}} {
		left := serversIn(data)
		if len(left) == 0 {
			break
		}
		c.log.Warn("stopping what a former server left running", "processes", len(left), "signal", step.signal.String())
		for _, pid := range left {
			// Only the postmaster is asked nicely: its children obey it.
			if step.signal == syscall.SIGKILL || pid == c.recordedPID() || c.recordedPID() == 0 {
				_ = syscall.Kill(pid, step.signal)
			}
		}
		limit, cancel := context.WithTimeout(ctx, step.limit)
		for len(serversIn(data)) > 0 && limit.Err() == nil {
			select {
			case <-limit.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		cancel()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for a former server: %w", err)
		}
	}
	if left := serversIn(data); len(left) > 0 {
		return fault(CodeBusy, nil, "path", data)
	}
	pid := c.recordedPID()
	// PostgreSQL sees by itself that a number is stale unless some process bears it, were it only a dead one whose
	// status nobody has fetched.
	if pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	c.log.Warn("removing a stale postmaster.pid", "pid", pid)
	if err := os.Remove(c.pidFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskFault("remove", c.pidFile(), err)
	}
	return nil
}

// recordedPID is the number in postmaster.pid, 0 where there is none.
func (c *cluster) recordedPID() int {
	content, err := os.ReadFile(c.pidFile())
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return 0
	}
	return pid
}
