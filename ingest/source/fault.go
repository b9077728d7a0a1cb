package source

import "strconv"

// A FaultCode says what is wrong with a file. It is stable: "ingest." + code is a catalogue key, and the code stands in the
// JSON summary.
type FaultCode string

// The codes of readers and of the opening of files.
const (
	Empty            FaultCode = "empty"              // no bytes, or white space only
	Binary           FaultCode = "binary"             // not a document
	Unsupported      FaultCode = "unsupported"        // a document of a format that has no reader; Detail: its type
	TooLarge         FaultCode = "too_large"          // Limit: bytes allowed
	BadEncoding      FaultCode = "bad_encoding"       // text in no encoding that could be told
	NoText           FaultCode = "no_text"            // markup without a word
	TooNested        FaultCode = "too_nested"         // markup that cannot be read safely; Limit: of levels, links or columns in one place
	TooLong          FaultCode = "too_long"           // Limit: bytes of text allowed
	TooManyPages     FaultCode = "too_many_pages"     // Limit: pages or slides allowed
	TooManyEntries   FaultCode = "too_many_entries"   // Limit: files of an archive allowed
	TooMuchUnzipped  FaultCode = "too_much_unzipped"  // Limit: bytes of an archive's files allowed
	TooCompressed    FaultCode = "too_compressed"     // Limit: of unzipped bytes to one; Detail: the archived file
	TooManyCells     FaultCode = "too_many_cells"     // Limit: cells of tables allowed
	TooSlow          FaultCode = "too_slow"           // Limit: seconds allowed
	TooMuchMemory    FaultCode = "too_much_memory"    // Limit: bytes allowed
	ReaderEnded      FaultCode = "reader_ended"       // the process that read the file died of it; Detail: its last words
	Damaged          FaultCode = "damaged"            // told to be of a format and is not whole; Detail: why
	Encrypted        FaultCode = "encrypted"          // asks for a password
	Scanned          FaultCode = "scanned"            // pages without text that show pictures; Detail: the pages
	Garbled          FaultCode = "garbled"            // text that the file maps to no true characters; Detail: the pages
	Unreadable       FaultCode = "unreadable"         // Detail: why, as the system says it
	NotAFile         FaultCode = "not_a_file"         // a pipe, socket or device
	URLUnsupported   FaultCode = "url_unsupported"    // an address that is not of the web
	BadAddress       FaultCode = "bad_address"        // an address that cannot be understood or has a port that is not allowed; Detail: why
	Blocked          FaultCode = "blocked"            // an address inside this machine or its network; Detail: the host
	Unreachable      FaultCode = "unreachable"        // no answer; Detail: why
	HTTPStatus       FaultCode = "http_status"        // Detail: the status
	TooManyRedirects FaultCode = "too_many_redirects" // Limit: redirects allowed
	FetchTooSlow     FaultCode = "fetch_too_slow"     // Limit: seconds allowed
	WrongType        FaultCode = "wrong_type"         // what the address serves is no document; Detail: its type
	Robots           FaultCode = "robots"             // the site asks programs to leave it alone
	TooManyAddresses FaultCode = "too_many_addresses" // a sitemap; Limit: addresses allowed
	OutsideFolder    FaultCode = "outside_folder"     // a link that leads out of the folder
	Duplicate        FaultCode = "duplicate"          // two files of one name in one run
	Missing          FaultCode = "missing"            // the path does not exist
	IndexFailed      FaultCode = "embedder"           // the passages could not be embedded
	StoreFailed      FaultCode = "store"              // the version could not be stored
	PruneRefused     FaultCode = "prune_refused"      // nothing was pruned, because the folder could not be read whole
	Crashed          FaultCode = "crashed"            // every worker that took it died over it
)

// Codes are all codes, for the test that every one has its words in every language.
func Codes() []FaultCode {
	return []FaultCode{
		Empty, Binary, Unsupported, TooLarge, BadEncoding, NoText, TooNested, TooLong, TooManyPages, TooManyEntries,
		TooMuchUnzipped, TooCompressed, TooManyCells, TooSlow, TooMuchMemory, ReaderEnded, Damaged, Encrypted,
		Scanned, Garbled, Unreadable, NotAFile, URLUnsupported, BadAddress, Blocked, Unreachable, HTTPStatus,
		TooManyRedirects, FetchTooSlow, WrongType, Robots, TooManyAddresses, OutsideFolder, Duplicate, Missing,
		IndexFailed, StoreFailed, PruneRefused, Crashed,
	}
}

// A Fault is why one file could not be taken in.
type Fault struct {
	Code   FaultCode
	Limit  int64  // what was exceeded, where the code has a limit
	Detail string // type or reason, where the code has one
	Err    error  // what lies beneath; may be nil
}

// Error is for logs; people are shown Key in their language.
func (f *Fault) Error() string {
	s := string(f.Code)
	if f.Limit > 0 {
		s += " (limit " + strconv.FormatInt(f.Limit, 10) + ")"
	}
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap returns what lies beneath.
func (f *Fault) Unwrap() error { return f.Err }

// Key is the catalogue key of the fault's sentence, whose placeholders are {limit} and {detail}.
func (f *Fault) Key() string {
	switch f.Code {
	case Empty:
		return "ingest.empty"
	case Binary:
		return "ingest.binary"
	case Unsupported:
		return "ingest.unsupported"
	case TooLarge:
		return "ingest.too_large"
	case BadEncoding:
		return "ingest.bad_encoding"
	case NoText:
		return "ingest.no_text"
	case TooNested:
		return "ingest.too_nested"
	case TooLong:
		return "ingest.too_long"
	case TooManyPages:
		return "ingest.too_many_pages"
	case TooManyEntries:
		return "ingest.too_many_entries"
	case TooMuchUnzipped:
		return "ingest.too_much_unzipped"
	case TooCompressed:
		return "ingest.too_compressed"
	case TooManyCells:
		return "ingest.too_many_cells"
	case TooSlow:
		return "ingest.too_slow"
	case TooMuchMemory:
		return "ingest.too_much_memory"
	case ReaderEnded:
		return "ingest.reader_ended"
	case Damaged:
		return "ingest.damaged"
	case Encrypted:
		return "ingest.encrypted"
	case Scanned:
		return "ingest.scanned"
	case Garbled:
		return "ingest.garbled"
	case Unreadable:
		return "ingest.unreadable"
	case NotAFile:
		return "ingest.not_a_file"
	case URLUnsupported:
		return "ingest.url_unsupported"
	case BadAddress:
		return "ingest.bad_address"
	case Blocked:
		return "ingest.blocked"
	case Unreachable:
		return "ingest.unreachable"
	case HTTPStatus:
		return "ingest.http_status"
	case TooManyRedirects:
		return "ingest.too_many_redirects"
	case FetchTooSlow:
		return "ingest.fetch_too_slow"
	case WrongType:
		return "ingest.wrong_type"
	case Robots:
		return "ingest.robots"
	case TooManyAddresses:
		return "ingest.too_many_addresses"
	case OutsideFolder:
		return "ingest.outside_folder"
	case Duplicate:
		return "ingest.duplicate"
	case Missing:
		return "ingest.missing"
	case IndexFailed:
		return "ingest.embedder"
	case StoreFailed:
		return "ingest.store"
	case PruneRefused:
		return "ingest.prune_refused"
	case Crashed:
		return "ingest.crashed"
	}
	return string(f.Code)
}

// The warnings, as catalogue keys.
const (
	WarnHidden   = "ingest.warning.hidden"    // characters that show nothing were taken out
	WarnBadBytes = "ingest.warning.bad_bytes" // a few bytes were no text and are shown as U+FFFD
	WarnEncoding = "ingest.warning.encoding"  // the declared encoding was not the true one
	WarnMixed    = "ingest.warning.mixed"     // lines in two encodings, or text that was decoded wrongly before; detail: the lines
	WarnScanned  = "ingest.warning.scanned"   // some pages are pictures; detail: the pages
	WarnGarbled  = "ingest.warning.garbled"   // some pages' text is no true text; detail: the pages
	WarnEvent    = "ingest.warning.event"     // front matter names another event than the run
	WarnAudience = "ingest.warning.audience"  // the audience is not understood, so staff only
	WarnEmbargo  = "ingest.warning.embargo"   // the embargo is not understood, so staff only
	WarnNoDate   = "ingest.warning.no_date"   // no date was found
	WarnNoTitle  = "ingest.warning.no_title"  // the file's name serves as the title
	WarnSame     = "ingest.warning.same"      // another document has the same text, or nearly
	WarnSameID   = "ingest.warning.same_id"   // another document has the same id and no date says which is newer
	// WarnSecondReader: a chat model was to read the document for positions too, and failed.
	WarnSecondReader = "ingest.warning.second_reader"
	WarnRepeats      = "ingest.warning.repeats" // an event repeats more often than it is written; detail: its title
)

// Warnings are all warnings, for the same test.
func Warnings() []string {
	return []string{
		WarnHidden, WarnBadBytes, WarnEncoding, WarnMixed, WarnScanned, WarnGarbled, WarnEvent, WarnAudience, WarnEmbargo, WarnNoDate,
		WarnNoTitle, WarnSame, WarnSameID, WarnRepeats, WarnSecondReader,
	}
}
