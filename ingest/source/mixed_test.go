package source

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestMixedEncodings(t *testing.T) {
	t.Parallel()
	modern, older := "研讨会在深圳举行，共有一百二十人参加。\n", "第二行是另一种编码写成的，讲的是公益基金会。\n"
	gbk := string(encoded(t, simplifiedchinese.GB18030, older))
	latin, err := charmap.Windows1252.NewDecoder().String("研讨会在深圳，基金会")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, content, want, detail string
	}{
		{"a line of GB 18030 in UTF-8", modern + gbk + modern, modern + older + modern, "2"},
		{"a table's rows from two files", "姓名,机构\n" + gbk + gbk + modern, older + older + modern, "2–3"},
		{"UTF-8 that was taken for Latin-1", "Words.\n" + latin + "\nMore words.\n", latin, "2"},
		{"replacement characters that were taken for GBK", "开头。\n锟斤拷锟斤拷\n结尾。\n", "锟斤拷锟斤拷", "2"},
		{"GB 18030 alone", gbk + gbk, older + older, ""},
		{"Big5 alone", string(encoded(t, traditionalchinese.Big5, "研討會在深圳舉行。\n共有一百二十人參加。\n")), "研討會在深圳舉行。\n共有一百二十人參加。", ""},
		{"UTF-8 alone", modern, modern, ""},
		{"UTF-8 with a cut character", modern + modern[:len(modern)-2] + "\n" + modern, modern, ""},
		{"French is none", "Le café, l'été, déjà vu: c'était très élégant.\n", "Le café, l'été", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read("a.txt", []byte(tt.content), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(tt.want) {
				if !strings.Contains(strings.ReplaceAll(d.Text, "\n", ""), strings.TrimSpace(line)) {
					t.Errorf("no %q in %q", line, d.Text)
				}
			}
			if d.Details[WarnMixed] != tt.detail {
				t.Errorf("lines %q, want %q; warnings %v", d.Details[WarnMixed], tt.detail, d.Warnings)
			}
		})
	}
}
