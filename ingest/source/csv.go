package source

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

const (
	// csvSample is how many records a delimiter is told by.
	csvSample = 50
	// What a text must be to be read as a table though its name does not say so: that many records of as many fields,
	// all alike, short on average.
	csvRecords = 4
	csvFields  = 3
	csvField   = 40
)

// claimsCSV goes by the name; a text without it must be a table by all signs.
func claimsCSV(text string, hinted bool) bool {
	comma, fields, records, even := sniff(text)
	if hinted {
		return comma != 0 || !strings.Contains(strings.TrimSpace(text), "\n\n")
	}
	return even && comma != '\t' && records >= csvRecords && fields >= csvFields &&
		len(text[:min(len(text), sampled)]) < csvField*fields*max(strings.Count(text[:min(len(text), sampled)], "\n"), 1)
}

// sniff finds what parts the fields: the mark by which most records come apart into as many. even: all do.
func sniff(text string) (comma rune, fields, records int, even bool) {
	sample := text
	if len(sample) > sampled {
		sample = sample[:strings.LastIndexByte(sample[:sampled], '\n')+1]
	}
	if rest, ok := strings.CutPrefix(sample, "sep="); ok && len(rest) > 1 && rest[1] == '\n' {
		return rune(rest[0]), 0, 0, false
	}
	best := 0
	for _, candidate := range []rune{',', '\t', ';', '|', '，', '；'} {
		r := csvReader(sample, candidate)
		counts := map[int]int{}
		n := 0
		for n < csvSample {
			record, err := r.Read()
			if err != nil {
				break
			}
			n++
			counts[len(record)]++
		}
		for width, count := range counts {
			if score := count * min(width, 20); width > 1 && (score > best || score == best && width > fields) {
				best, comma, fields, records, even = score, candidate, width, n, len(counts) == 1
			}
		}
	}
	return comma, fields, records, even
}

func csvReader(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, true, false
	return r
}

// readCSV reads a table of fields parted by a mark.
func readCSV(b *builder, text string) error {
	comma, _, _, _ := sniff(text)
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 && rest[1] == '\n' {
		text = rest[2:]
	}
	if comma == 0 {
		comma = ','
	}
	r := csvReader(text, comma)
	var rows [][]string
	cells := 0
	last := 0
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if line, _ := r.FieldPos(0); line > last+1 && len(rows) > 0 { // the reader passes over empty lines
			rows = append(rows, nil)
		}
		last, _ = r.FieldPos(len(record) - 1)
		last += strings.Count(record[len(record)-1], "\n")
		if cells += len(record); cells > b.limits.Cells {
			return &Fault{Code: TooManyCells, Limit: int64(b.limits.Cells)}
		}
		rows = append(rows, record)
	}
	return b.sheet(rows, nil)
}
