// What leaves the page as text: a copied answer, a saved conversation.

import { whole, answerPage } from "./address";
import type { Answer, Citation } from "./answer";
import type { Conversation } from "./kept";
import { render } from "./markdown";
import { t } from "./words";

const apart = new Set(["P", "H3", "BLOCKQUOTE", "UL", "OL", "PRE", "HR"]);

/** plainText is what an answer reads as, without marks of Markdown; with the numbers of its sources or without. */
export function plainText(a: Answer, numbered: boolean): string {
  const cites = new Map(a.citations.map((c) => [c.n, c]));
  let out = "";
  const gap = (lines: number) => {
    if (out) out = out.replace(/[ \n]*$/, "\n".repeat(lines));
  };
  const walk = (n: Node): void => {
    if (n.nodeType === Node.TEXT_NODE) out += n.textContent;
    if (!(n instanceof HTMLElement)) return;
    if (n.className === "cite") {
      out = out.replace(/\u00a0$/, numbered ? " " : "") + (numbered ? `[${n.textContent}]` : "");
      return;
    }
    if (n.tagName === "BR") out += "\n";
    if (apart.has(n.tagName)) gap(2);
    if (n.tagName === "LI") {
      gap(n.previousSibling ? 1 : 2);
      const list = n.parentElement as HTMLOListElement;
      out += list.tagName === "OL" ? `${list.start + [...list.children].indexOf(n)}. ` : "- ";
    }
    n.childNodes.forEach(walk);
    if (apart.has(n.tagName)) gap(2);
  };
  render(a.text, cites).forEach(walk);
  return out.trim();
}

/** withSources is plainText with a list of what it cites. */
export function withSources(a: Answer): string {
  const lines = a.citations.map((c) => `[${c.n}] ${[c.title, place(c)].filter(Boolean).join(t("web.chat.comma"))} ${whole(c.url)}`);
  return [plainText(a, true), ...(lines.length ? [t("web.chat.sources"), lines.join("\n")] : []), ...(a.id ? [whole(answerPage(a.id))] : [])].join("\n\n");
}

const place = (c: Citation) => (c.page ? t("web.chat.page", { page: String(c.page) }) : "");

const escaped = (text: string) => text.replace(/[\\`*_{}[\]<>#|]/g, "\\$&").replace(/\s+/g, " ");

/** markdownOf is a conversation as a document. */
export function markdownOf(c: Conversation): string {
  const parts = [`# ${t("web.chat.saved_title")}`, new Date(c.at).toISOString().slice(0, 10)];
  for (const turn of c.turns) {
    parts.push(`## ${escaped(turn.question)}`, turn.answer.text);
    if (turn.state) parts.push(`*${t(turn.state === "stopped" ? "web.chat.stopped" : "web.chat.cut")}*`);
    const { citations } = turn.answer;
    if (citations.length) {
      parts.push(`### ${t("web.chat.sources")}`);
      parts.push(citations.map((s) => `- [${s.n}] [${[escaped(s.title), place(s)].filter(Boolean).join(t("web.chat.comma"))}](${whole(s.url)})${s.quote ? `\n  > ${escaped(s.quote)}` : ""}`).join("\n"));
    }
    if (turn.answer.id && !turn.state) parts.push(`<${whole(answerPage(turn.answer.id))}>`);
  }
  return parts.join("\n\n") + "\n";
}
