package source

// A PageReader takes a PDF apart; ingest/pdf is one.
type PageReader interface {
	// Pages returns the pages of a PDF and the title that its properties state, within the limits of pages and text. An
	// error is a *Fault where the file is at fault.
	Pages(b []byte, limits Limits) (title string, pages []Page, err error)
}

// A Page is a page as it is laid out, in points, y upwards from its lower edge.
type Page struct {
	Width, Height float64
	Lines         []Line // in the file's order
	Pictures      bool   // looked for only where there are no lines
	Unmapped      int    // characters for which the file tells no meaning
}

// A Line is a line of a page: more than one segment where wide gaps part it, as in a table.
type Line struct {
	Segments    []Segment
	Size        float64 // of the font of its first character
	Top, Bottom float64
}

// A Segment is a run of words. A soft hyphen (U+00AD) at its end is a hyphen at the line's end.
type Segment struct {
	Text        string
	Left, Right float64
}
