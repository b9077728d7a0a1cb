package source

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
)

const (
	simplified = "科技向善研讨会上午九点在会展中心六楼的桂花厅开幕，来自公益机构、企业和媒体的一百多位代表参加了会议。" +
		"主持人介绍说，数字技术正在改变人们的生活方式，也让公益组织的管理更加透明。\n圆桌讨论围绕“技术与伦理”展开。"
	traditional = "科技向善研討會上午九點在會展中心六樓的桂花廳開幕，來自公益機構、企業和媒體的一百多位代表參加了會議。" +
		"主持人介紹說，數位技術正在改變人們的生活方式，也讓公益組織的管理更加透明。\n圓桌討論圍繞「技術與倫理」展開。"
	mixed   = "会议由 Osmanthus Hall 承办，主讲人 Wang（王）谈到 AI 与 5G。Tea break at 10:30, then the round table."
	english = "The seminar opens at nine in the Osmanthus Hall.\r\nTea is at 10:30, then a round table.\r\n"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	encodings := []struct {
		name string
		e    encoding.Encoding
		bom  string
	}{
		{"UTF-8", encoding.Nop, ""}, {"UTF-8 with mark", encoding.Nop, "\xEF\xBB\xBF"},
		{"GB 18030", simplifiedchinese.GB18030, ""}, {"GBK", simplifiedchinese.GBK, ""}, {"Big5", traditionalchinese.Big5, ""},
		{"UTF-16LE", utf16(utf.LittleEndian), ""}, {"UTF-16BE", utf16(utf.BigEndian), ""},
		{"UTF-16LE with mark", utf16(utf.LittleEndian), "\xFF\xFE"}, {"UTF-16BE with mark", utf16(utf.BigEndian), "\xFE\xFF"},
	}
	texts := []struct{ name, text string }{
		{"Simplified", simplified}, {"Traditional", traditional}, {"mixed", mixed}, {"English", english},
		{"30 characters", string([]rune(simplified)[:30])}, {"30 Traditional", string([]rune(traditional)[20:50])},
		{"12 characters", string([]rune(simplified)[:12])}, {"12 Traditional", string([]rune(traditional)[:12])},
	}
	for _, e := range encodings {
		for _, x := range texts {
			t.Run(e.name+", "+x.name, func(t *testing.T) {
				t.Parallel()
				encoded, err := e.e.NewEncoder().Bytes([]byte(x.text))
				if err != nil {
					if e.name != "Big5" || x.name == "Traditional" {
						t.Fatal(err)
					}
					return // Big5 has no Simplified characters
				}
				got, warnings, err := decode(append([]byte(e.bom), encoded...))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(x.text, got); diff != "" || warnings != nil {
					t.Errorf("warnings %v (-want +got):\n%s", warnings, diff)
				}
			})
		}
	}
}

// Every window of the texts must be told right, not only the beginnings.
func TestDecodeShort(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name string
		e    encoding.Encoding
		text string
	}{
		{"GB 18030", simplifiedchinese.GB18030, simplified}, {"GB 18030 Traditional", simplifiedchinese.GB18030, traditional},
		{"Big5", traditionalchinese.Big5, traditional},
		{"UTF-16LE", utf16(utf.LittleEndian), simplified}, {"UTF-16BE", utf16(utf.BigEndian), traditional},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			characters := []rune(strings.ReplaceAll(x.text, "\n", ""))
			for i := 0; i+16 <= len(characters); i++ {
				window := string(characters[i : i+16])
				encoded, err := x.e.NewEncoder().Bytes([]byte(window))
				if err != nil {
					t.Fatal(err)
				}
				if got, _, err := decode(encoded); got != window {
					t.Errorf("%q read as %q (%v)", window, got, err)
				}
			}
		})
	}
}

func TestDecodeHTML(t *testing.T) {
	t.Parallel()
	page := func(charset, body string) string {
		return fmt.Sprintf(`<html><head><meta http-equiv="Content-Type" content="text/html; charset=%s"></head><body>%s</body></html>`, charset, body)
	}
	for _, tt := range []struct {
		name     string
		e        encoding.Encoding
		page     string
		warnings []string
	}{
		{"gb2312", simplifiedchinese.GBK, page("gb2312", "镕"), nil},
		{"big5", traditionalchinese.Big5, page("big5", "堃"), nil},
		{"windows-1252", charmap.Windows1252, page("windows-1252", "café – naïve"), nil},
		{"declared wrongly", simplifiedchinese.GB18030, page("big5", simplified), []string{WarnEncoding}},
		{"declared GBK, is UTF-8", encoding.Nop, page("gbk", simplified), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			encoded, err := tt.e.NewEncoder().Bytes([]byte(tt.page))
			if err != nil {
				t.Fatal(err)
			}
			got, warnings, err := decode(encoded)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.page, got) + cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeBroken(t *testing.T) {
	t.Parallel()
	t.Run("a few bytes of UTF-8", func(t *testing.T) {
		t.Parallel()
		b := []byte(simplified)
		b[100] = 0xFF
		got, warnings, err := decode(b)
		if err != nil || !strings.Contains(got, "\uFFFD") || strings.Count(got, "\uFFFD") > 3 {
			t.Fatalf("got %q, %v", got, err)
		}
		if diff := cmp.Diff([]string{WarnBadBytes}, warnings); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("one byte of an English text", func(t *testing.T) {
		t.Parallel()
		got, warnings, err := decode([]byte(strings.Repeat(english, 20) + "caf\xE9 here"))
		if err != nil || !strings.HasSuffix(got, "caf\uFFFD here") {
			t.Fatalf("got %q, %v", got, err)
		}
		if diff := cmp.Diff([]string{WarnBadBytes}, warnings); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("many", func(t *testing.T) {
		t.Parallel()
		b := bytes.ReplaceAll([]byte(simplified), []byte{0xE7}, []byte{0xFF})
		b = bytes.ReplaceAll(b, []byte{0xE4}, []byte{0xFE})
		_, _, err := decode(b)
		var fault *Fault
		if !errors.As(err, &fault) || fault.Code != BadEncoding {
			t.Fatalf("got %v", err)
		}
	})
}
