package ingest

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"unicode"

	"osmanthus/ingest/source"
)

const (
	// shingleRunes is the length of a shingle in letters and figures: five Han are a phrase, five Latin letters a short word,
	// so two texts on one subject share few of them and two copies nearly all.
	shingleRunes = 5
	// maxShingled bounds how many letters of a text are looked at.
	maxShingled = 1 << 20
	// minShingles is the least text that is compared: a greeting is like every other.
	minShingles = 40
	// bandCount and bandRows cut a signature of their product into bands. Two texts that share s of their shingles have a
	// band in common with probability 1 − (1 − s^rows)^count: 0.9999 at 0.9, 0.06 at 0.5 (Leskovec, Rajaraman and Ullman,
	// Mining of Massive Datasets, 3.4.2).
	bandCount = 16
	bandRows  = 8
	// AlikeFrom is the share of shingles in common from which two documents are nearly the same.
	AlikeFrom = 0.9
)

// Bands are the keys of a text's MinHash signature: a copy of the text has one in common with it. The signature is made by
// one permutation, whose empty bins take the next full one's value (Li, Owen and Zhang, One Permutation Hashing, 2012;
// Shrivastava and Li, 2014). A text too short to compare has none.
func Bands(text string) []int64 {
	shingles := shinglesOf(text)
	if len(shingles) < minShingles {
		return []int64{}
	}
	const bins = bandCount * bandRows
	signature := [bins]uint64{}
	for i := range signature {
		signature[i] = math.MaxUint64
	}
	for s := range shingles {
		bin := s % bins
		signature[bin] = min(signature[bin], s/bins)
	}
	full := signature
	for i := range signature {
		for step := 1; signature[i] == math.MaxUint64; step++ {
			if from := full[(i+step)%bins]; from != math.MaxUint64 {
				signature[i] = from + uint64(step)<<56 // borrowed values of different distances differ
			}
		}
	}
	keys := make([]int64, bandCount)
	for band := range keys {
		h := fnv.New64a()
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(band))
		h.Write(b[:])
		for _, v := range signature[band*bandRows : (band+1)*bandRows] {
			binary.LittleEndian.PutUint64(b[:], v)
			h.Write(b[:])
		}
		keys[band] = int64(h.Sum64())
	}
	return keys
}

// Alike is the share of shingles that two texts have in common, 0…1 (Jaccard's).
func Alike(a, b string) float64 {
	one, other := shinglesOf(a), shinglesOf(b)
	common := 0
	for s := range one {
		if other[s] {
			common++
		}
	}
	if all := len(one) + len(other) - common; all > 0 {
		return float64(common) / float64(all)
	}
	return 0
}

// shinglesOf hashes every run of shingleRunes letters and figures, case and everything else left out. The hash is the
// same in every process, because bands are stored.
func shinglesOf(text string) map[uint64]bool {
	shingles := make(map[uint64]bool)
	window := make([]rune, 0, shingleRunes)
	seen := 0
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if seen++; seen > maxShingled {
			break
		}
		if window = append(window, unicode.ToLower(r)); len(window) < shingleRunes {
			continue
		}
		h := uint64(14695981039346656037) // FNV-1a over runes
		for _, w := range window {
			h = (h ^ uint64(w)) * 1099511628211
		}
		shingles[mixed(h)] = true
		window = window[:copy(window, window[1:])]
	}
	return shingles
}

// mixed spreads a hash over all its bits, which the bins need (the finisher of MurmurHash3).
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// A Pair is two documents that may be one.
type Pair struct {
	Source, Other         string
	SourceText, OtherText string
	SameID                bool // they are of one id, and no date says which is newer; else they have a band in common
}

// alike keeps the pairs that are nearly the same in truth or share an id, each source once for either, in order.
func alike(pairs []Pair) []Warning {
	var found []Warning
	for _, p := range pairs {
		w := Warning{Source: p.Source, Code: source.WarnSame, Detail: p.Other}
		if p.SameID {
			w.Code = source.WarnSameID
		}
		told := slices.ContainsFunc(found, func(f Warning) bool { return f.Source == w.Source && f.Code == w.Code })
		if !told && (p.SameID || Alike(p.SourceText, p.OtherText) > AlikeFrom) {
			found = append(found, w)
		}
	}
	return found
}

// compare looks for copies among the documents of the run, and between them and what was there.
func (r *run) compare(ctx context.Context) error {
	if r.comparer == nil || r.summary.Added+r.summary.Changed == 0 {
		return nil
	}
	pairs, err := r.comparer.Lookalikes(ctx, r.summary.Batch, maxPairs)
	if err != nil {
		return fmt.Errorf("ingest: look for copies: %w", err)
	}
	r.summary.Warnings = append(r.summary.Warnings, alike(pairs)...)
	return nil
}
