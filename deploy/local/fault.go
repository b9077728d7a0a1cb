package local

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Codes of a Fault. The words shown to a person stand in the catalogues under "local." + code.
const (
	CodePlatform     = "platform"      // {system}
	CodeProcessor    = "processor"     // no values
	CodePartsMissing = "parts_missing" // {part} {path}
	CodePartsHash    = "parts_hash"    // {path}
	CodeDisk         = "disk"          // {path} {reason}
	CodeVersion      = "version"       // {path} {found} {wanted}
	CodePort         = "port"          // {reason}
	CodeUser         = "user"          // {user} {reason}
	CodeBusy         = "busy"          // {path}
	CodeOtherBuild   = "other_build"   // {path}
	CodePostgres     = "postgres"      // {reason} {path}
	CodeEmbedder     = "embedder"      // {reason}
	CodeSupervisor   = "supervisor"    // {reason} {path}
)

// Codes lists them.
func Codes() []string {
	return []string{
		CodePlatform, CodeProcessor, CodePartsMissing, CodePartsHash, CodeDisk, CodeVersion, CodePort, CodeUser, CodeBusy,
		CodeOtherBuild, CodePostgres, CodeEmbedder, CodeSupervisor,
	}
}

// A Fault is a reason why a part cannot run, with its fix, as one sentence for the person at the terminal.
type Fault struct {
	Code   string            `json:"code"`
	Values map[string]string `json:"values,omitempty"` // what fills the sentence's placeholders
	cause  error
}

// Error is the sentence in English.
func (f *Fault) Error() string {
	s := sentence(f.Code)
	for name, value := range f.Values {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// Unwrap gives the error underneath, where the fault arose in this process.
func (f *Fault) Unwrap() error { return f.cause }

// Is lets errors.Is compare faults by code alone.
func (f *Fault) Is(target error) bool {
	var other *Fault
	return errors.As(target, &other) && other.Code == f.Code
}

func fault(code string, cause error, pairs ...string) *Fault {
	f := &Fault{Code: code, cause: cause, Values: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values[pairs[i]] = pairs[i+1]
	}
	return f
}

// sentence is the English text of a code; the catalogue's must be the same, which a test holds.
func sentence(code string) string {
	switch code {
	case CodePlatform:
		return "The embedded database and embedder run on Linux x86-64 with glibc, not on {system}: set DATABASE_URL and EMBEDDING_BASE_URL to use others."
	case CodeProcessor:
		return "The local embedder needs a processor with AVX2 and FMA: set EMBEDDING_BASE_URL to use another embedder."
	case CodePartsMissing:
		return "The part {part} is not in {path}: run make setup to fetch it."
	case CodePartsHash:
		return "The file {path} is not the one this version was tested with: delete it and run make setup again."
	case CodeDisk:
		return "Cannot write to {path} ({reason}): free some space, make the folder writable, or set OSMANTHUS_HOME to another folder."
	case CodeVersion:
		return "The data in {path} were written by PostgreSQL {found} and this version runs {wanted}: move them with the former version's pg_dump, or set OSMANTHUS_HOME to a new folder."
	case CodePort:
		return "No free port was found on 127.0.0.1 ({reason}): close programs that hold ports, or set DATABASE_URL and EMBEDDING_BASE_URL."
	case CodeUser:
		return "PostgreSQL refuses to run as root and cannot be run as the user {user} ({reason}): start osmanthus as an ordinary user, or set DATABASE_URL."
	case CodeBusy:
		return "Another process holds {path}: stop the other osmanthus on this folder, or set OSMANTHUS_HOME to another folder."
	case CodeOtherBuild:
		return "An osmanthus of another version is running on {path}: stop it and start this one again."
	case CodePostgres:
		return "The private PostgreSQL did not start ({reason}): look into {path}, or set DATABASE_URL to use another."
	case CodeEmbedder:
		return "The local embedder did not start ({reason}): run make setup again, or set EMBEDDING_BASE_URL to use another."
	case CodeSupervisor:
		return "The process that runs the private parts did not start ({reason}): look into {path}."
	}
	return "The embedded parts failed."
}

// reason is the shortest true account of err: for errors of the system its own words, else err's.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return strings.TrimSuffix(err.Error(), ".")
}

// diskFault turns an error of the file system into a fault that names the folder; other errors are wrapped as they are.
func diskFault(doing, path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EROFS),
		errors.Is(err, syscall.EIO), errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrPermission):
		return fault(CodeDisk, err, "path", path, "reason", reason(err))
	}
	var f *Fault
	if errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}
