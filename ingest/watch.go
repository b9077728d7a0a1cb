package ingest

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// WatchEvery is how often watched folders are looked at. Looking, rather than being told by the system, works on network
// disks and in containers as well.
const WatchEvery = 2 * time.Second

// Watch calls run whenever the files at the paths have changed and then stayed the same for one look, until ctx ends. Each
// tick is a look. What run returns is told and does not end the watching, except where ctx has ended.
func (p *Pipeline) Watch(ctx context.Context, paths []string, tick <-chan time.Time, run func(context.Context) error) error {
	looked := appearance(paths)
	ran := looked // what the last run has seen; the first was before the watch
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
		now := appearance(paths)
		if now == looked && now != ran {
			ran = now
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				p.log.Error("a watched folder could not be taken in", "error", err)
			}
		}
		looked = now
	}
}

// appearance is a hash of the names, sizes and times of the files at the paths.
func appearance(paths []string) uint64 {
	h := fnv.New64a()
	for _, path := range paths {
		_ = filepath.WalkDir(path, func(name string, entry os.DirEntry, err error) error {
			if err != nil {
				io.WriteString(h, name+" ?\n")
				return nil
			}
			if name != path && ignored(entry.Name()) {
				if entry.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			if info, err := entry.Info(); err == nil && !entry.IsDir() {
				io.WriteString(h, name+" "+strconv.FormatInt(info.Size(), 10)+" "+strconv.FormatInt(info.ModTime().UnixNano(), 10)+"\n")
			}
			return nil
		})
	}
	return h.Sum64()
}
