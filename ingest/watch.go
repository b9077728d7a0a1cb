package ingest

import (
	"context"
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

// Watch calls run, and again whenever the files at the paths have changed and then stayed the same for one look, until ctx
// ends. Each tick is a look. What run returns is told and does not end the watching.
func (p *Pipeline) Watch(ctx context.Context, paths []string, tick <-chan time.Time, run func(context.Context) error) {
	watch(ctx, func() uint64 { return appearance(paths) }, tick, func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("a watched folder could not be taken in", "error", err)
		}
	})
}

func watch(ctx context.Context, look func() uint64, tick <-chan time.Time, run func()) {
	ran := look() // what the last run has seen at least: looked at before it, so that no change is missed
	looked := ran
	for {
		run()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick:
			}
			now := look()
			quiet := now == looked
			if looked = now; quiet && now != ran {
				ran = now
				break
			}
		}
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
