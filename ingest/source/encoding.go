package source

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"

	"osmanthus/retrieval/lang"
)

const (
	// badShare is how much of a UTF-8 text's non-ASCII may be broken: beyond it, the text is of another encoding.
	badShare = 0.1
	// badBytes is how much of a whole text may be broken where nothing else proves it UTF-8.
	badBytes = 0.002
	// plausible is the mean score from which a text's characters are believed, see plausibility.
	plausible = 0.35
	// sampled is how many bytes are decoded to tell an encoding by.
	sampled = 64 << 10
)

// decode returns text as UTF-8. An encoding is told by its mark, by validity as UTF-8, by what an HTML page declares,
// and else by decoding in every candidate and looking which gives sense.
func decode(b []byte) (text string, warnings []string, err error) {
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xFF\xFE")):
		return decodeAs(utf16(utf.LittleEndian), b[2:], nil)
	case bytes.HasPrefix(b, []byte("\xFE\xFF")):
		return decodeAs(utf16(utf.BigEndian), b[2:], nil)
	}
	zeros := bytes.IndexByte(b, 0) >= 0
	if !zeros && utf8.Valid(b) {
		if strange(string(b[:min(len(b), sampled)])) {
			return "", nil, &Fault{Code: Binary}
		}
		return string(b), nil, nil
	}
	if !zeros {
		whole, broken := utf8Parts(b)
		if broken*5 <= whole || float64(broken) <= badBytes*float64(len(b)) && legacy(b) == nil {
			return strings.ToValidUTF8(string(b), "\uFFFD"), []string{WarnBadBytes}, nil
		}
		if declared := declaredEncoding(b); declared != nil {
			if text, _, err := decodeAs(declared, b, nil); err == nil && strings.Count(text, "\uFFFD") <= len(text)/500 {
				return text, nil, nil
			}
			warnings = []string{WarnEncoding}
		}
	}
	found := legacy(b)
	if found == nil {
		if zeros {
			return "", nil, &Fault{Code: Binary}
		}
		return "", nil, &Fault{Code: BadEncoding}
	}
	return decodeAs(found, b, warnings)
}

func utf16(order utf.Endianness) encoding.Encoding { return utf.UTF16(order, utf.IgnoreBOM) }

func decodeAs(e encoding.Encoding, b []byte, warnings []string) (string, []string, error) {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return "", nil, &Fault{Code: BadEncoding, Err: err}
	}
	text := string(out)
	bad := strings.Count(text, "\uFFFD")
	if float64(bad) > badShare*float64(utf8.RuneCountInString(text)) || strange(text[:min(len(text), sampled)]) {
		return "", nil, &Fault{Code: BadEncoding}
	}
	if bad > 0 {
		warnings = append(warnings, WarnBadBytes)
	}
	return text, warnings, nil
}

// utf8Parts counts the sequences of more than one byte that are right, and the bytes that are wrong.
func utf8Parts(b []byte) (whole, broken int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			broken++
		} else {
			whole++
		}
		i += n
	}
	return whole, broken
}

// strange reports whether a text has too many control characters to be one.
func strange(s string) bool {
	controls := 0
	for _, r := range s {
		if unicode.IsControl(r) && !unicode.IsSpace(r) && r != 0x1B {
			controls++
		}
	}
	return controls*100 > len(s) && controls > 1 || controls > 0 && len(s) < 8
}

// legacy returns the encoding in which the bytes make most sense, nil where they do in none.
func legacy(b []byte) encoding.Encoding {
	sample := b[:min(len(b), sampled)]
	if len(sample) == sampled && len(sample)%2 == 1 {
		sample = sample[:sampled-1]
	}
	var best encoding.Encoding
	score := plausible
	for _, e := range []encoding.Encoding{
		simplifiedchinese.GB18030, traditionalchinese.Big5, utf16(utf.LittleEndian), utf16(utf.BigEndian),
	} {
		wide := e != encoding.Encoding(simplifiedchinese.GB18030) && e != encoding.Encoding(traditionalchinese.Big5)
		if wide && len(b)%2 == 1 {
			continue
		}
		text, err := e.NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		if s := plausibility(string(text), wide); s > score {
			best, score = e, s
		}
	}
	return best
}

// plausibility is the mean of what a text's characters say for it, at most 1. In a narrow encoding ASCII says nothing,
// because every candidate reads it alike.
func plausibility(s string, wide bool) float64 {
	var sum float64
	n := 0
	for i, r := range s {
		if r < utf8.RuneSelf && !wide {
			if r < ' ' && !unicode.IsSpace(r) {
				sum, n = sum-2, n+1
			}
			continue
		}
		n++
		switch {
		case r == utf8.RuneError:
			if len(s)-i > 4 { // the sample may end within a character
				sum -= 3
			}
		case r < utf8.RuneSelf:
			switch {
			case r == ' ', r == '\n', r == '\r', r == '\t', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
				sum++
			case r < ' ':
				sum -= 3
			default:
				sum += 0.5
			}
		case strings.ContainsRune("，。、；：？！「」『』（）《》“”‘’…—·　％", r):
			sum++
		case unicode.Is(unicode.Han, r):
			sum += hanScore(r)
		case unicode.In(r, unicode.Co, unicode.Cn, unicode.Cc), r > 0x2500 && r <= 0x257F:
			sum -= 2
		case unicode.In(r, unicode.Latin, unicode.Hiragana, unicode.Katakana), r >= 0xFF00 && r <= 0xFF5E:
			sum += 0.1
		default:
			sum -= 0.5
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// hanScore: the most used characters prove a reading; those that the two national standards put on their second level
// or nowhere speak against it.
func hanScore(r rune) float64 {
	folded := r
	for _, f := range lang.Simplify(string(r)) {
		folded = f
	}
	switch {
	case strings.ContainsRune(frequentHan, folded):
		return 1
	case firstLevel(folded):
		return 0.4
	}
	return -0.6
}

// firstLevel reports whether r is among the 3,755 common characters of GB 2312 (rows 16 to 55).
func firstLevel(r rune) bool {
	var out [4]byte
	n, _, err := simplifiedchinese.GBK.NewEncoder().Transform(out[:], []byte(string(r)), true)
	return err == nil && n == 2 && out[0] >= 0xB0 && out[0] <= 0xD7 && out[1] >= 0xA1
}

// frequentHan are characters of which running text is mostly made, in Simplified form.
const frequentHan = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里" +
	"用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实" +
	"日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政" +
	"美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员" +
	"解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件" +
	"计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象" +
	"完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔社研讨席" +
	"会议演讲嘉宾主持圆桌慈善公益基金技术数字发展创新企业组织协同服务参与支持项目合作专家代表论坛活动举办推" +
	"动促进责任环境医疗健康教育老年儿童残障信息数据平台智能人工互联网络治理伦理透明捐赠志愿者秘书长副理事"

var declaration = regexp.MustCompile(`(?i)<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:-]{2,40})`)

// declaredEncoding returns what an HTML or XML head declares, nil where it does not or where it says UTF-8. GB 2312
// and GBK are read as GB 18030, which holds both.
func declaredEncoding(b []byte) encoding.Encoding {
	m := declaration.FindSubmatch(b[:min(len(b), 4096)])
	if m == nil {
		return nil
	}
	e, err := htmlindex.Get(string(m[1]))
	if err != nil || e == utf.UTF8 {
		return nil
	}
	name, err := htmlindex.Name(e)
	switch {
	case err != nil || strings.HasPrefix(name, "utf-16"):
		return nil
	case name == "gbk":
		return simplifiedchinese.GB18030
	}
	return e
}
