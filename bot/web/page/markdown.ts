// The Markdown of answers: the same small part as in markdown.go, held to the same testdata/markdown.json. It builds
// elements with text in them and never reads HTML, so nothing in an answer can become an element we did not make.

import { ours } from "./address";
import { element } from "./element";
import { tagOfText } from "./tag";

export interface Cited {
  title: string;
  url: string;
}
export type Cites = Map<number, Cited>;

const maxDepth = 4;
const fence = /^[ \t]{0,3}```/;
const quote = /^[ \t]{0,3}>[ ]?/;
const heading = /^[ \t]{0,3}#{1,6}[ \t]+/;
const rule = /^[ \t]{0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$/;
const bullet = /^[ \t]*[-*+][ \t]+/;
const ordered = /^[ \t]*(\d{1,9})[.)][ \t]+/;
const blank = /^[ \t]*$/;
const citeMark = /^\[(\d{1,4})\]/;

export function render(text: string, cites: Cites): Node[] {
  return blocks(text.replaceAll("\r\n", "\n").split("\n"), cites, 0);
}

function blocks(lines: string[], cites: Cites, depth: number): Node[] {
  const out: Node[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i];
    if (blank.test(line)) {
      i++;
    } else if (fence.test(line)) {
      const code: string[] = [];
      for (i++; i < lines.length && !fence.test(lines[i]); i++) code.push(lines[i]);
      i++;
      out.push(element("pre", {}, code.join("\n")));
    } else if (rule.test(line)) {
      i++;
      out.push(element("hr"));
    } else if (heading.test(line)) {
      i++;
      out.push(element("h3", {}, ...inline(line.replace(heading, ""), cites, 0)));
    } else if (quote.test(line) && depth < maxDepth) {
      const inner: string[] = [];
      for (; i < lines.length && quote.test(lines[i]); i++) inner.push(lines[i].replace(quote, ""));
      const quoted = element("blockquote", {}, ...blocks(inner, cites, depth + 1));
      quoted.lang = tagOfText(quoted.textContent!); // an answer quotes in the language of the document
      out.push(quoted);
    } else if (bullet.test(line) || ordered.test(line)) {
      const [made, next] = list(lines, i, cites);
      out.push(made);
      i = next;
    } else {
      const from = i;
      for (i++; i < lines.length && !startsBlock(lines[i], depth); i++);
      out.push(element("p", {}, ...inline(lines.slice(from, i).join("\n"), cites, 0)));
    }
  }
  return out;
}

function startsBlock(line: string, depth: number): boolean {
  return blank.test(line) || fence.test(line) || rule.test(line) || heading.test(line) ||
    (quote.test(line) && depth < maxDepth) || bullet.test(line) || ordered.test(line);
}

function list(lines: string[], i: number, cites: Cites): [HTMLElement, number] {
  const start = ordered.exec(lines[i]);
  const marker = start ? ordered : bullet;
  const made = start ? element("ol", { start: String(Number(start[1])) }) : element("ul");
  while (i < lines.length && marker.test(lines[i]) && !rule.test(lines[i])) {
    const item = [lines[i].replace(marker, "")];
    for (i++; i < lines.length && !startsBlock(lines[i], maxDepth); i++) item.push(lines[i].replace(/^[ \t]+/, ""));
    made.append(element("li", {}, ...inline(item.join("\n"), cites, 0)));
    let next = i;
    while (next < lines.length && blank.test(lines[next])) next++;
    if (next < lines.length && marker.test(lines[next])) i = next;
  }
  return [made, i];
}

function inline(s: string, cites: Cites, depth: number): Node[] {
  const out: Node[] = [];
  let plain = "";
  const put = (n: Node) => {
    if (plain) out.push(document.createTextNode(plain));
    plain = "";
    out.push(n);
  };
  const unclosed = new Set<string>();
  for (let i = 0; i < s.length; ) {
    const c = s[i];
    if (c === "\\" && i + 1 < s.length && /[!-/:-@[-`{-~]/.test(s[i + 1])) {
      plain += s[i + 1];
      i += 2;
      continue;
    }
    if (c === "\n") {
      put(element("br"));
      i++;
      continue;
    }
    if (c === "`" && !unclosed.has("`")) {
      const end = s.indexOf("`", i + 1);
      if (end > i + 1) {
        put(element("code", {}, s.slice(i + 1, end)));
        i = end + 1;
        continue;
      }
      unclosed.add("`");
    } else if (c === "*" && depth < maxDepth) {
      const run = s.startsWith("**", i) ? "**" : "*";
      const inner = i + run.length;
      const end = unclosed.has(run) ? 0 : closing(s, inner, run);
      if (end > 0) {
        put(element(run === "*" ? "em" : "strong", {}, ...inline(s.slice(inner, end), cites, depth + 1)));
        i = end + run.length;
        continue;
      }
      if (inner < s.length && !space(s[inner])) unclosed.add(run);
      plain += run;
      i = inner;
      continue;
    } else if (c === "[") {
      const m = citeMark.exec(s.slice(i, i + 6));
      const source = m && cites.get(Number(m[1]));
      if (m && source && ours(source.url)) {
        plain = plain.replace(/ $/, "\u00a0"); // a number does not begin a line
        put(element("a", { class: "cite", href: source.url, title: source.title }, m[1]));
        i += m[0].length;
        continue;
      }
    }
    plain += c;
    i++;
  }
  if (plain) out.push(document.createTextNode(plain));
  return out;
}

function closing(s: string, from: number, run: string): number {
  if (from >= s.length || space(s[from])) return 0;
  for (let i = from; i < s.length; ) {
    if (s[i] === "\\") {
      i += 2;
    } else if (s[i] === "*") {
      let n = 1;
      while (s[i + n] === "*") n++;
      if (n >= run.length && (n === run.length || n === 3) && i > from && !space(s[i - 1])) return i + n - run.length;
      i += n;
    } else {
      i++;
    }
  }
  return 0;
}

const space = (c: string) => c === " " || c === "\t" || c === "\n" || c === "\u3000";
