// An answer as it is given by the API, and as it stands on the page.

import { actions } from "./actions";
import { ours } from "./address";
import { element } from "./element";
import { Cites, render } from "./markdown";
import { tagOf, tagOfText } from "./tag";
import { pageTag, t } from "./words";

export interface Citation {
  n: number;
  document: number;
  title: string;
  lang: string;
  heading?: string;
  page?: number;
  quote?: string;
  url: string;
}

export interface Answer {
  id: string;
  lang: string;
  script?: string;
  kind: string;
  text: string;
  generated_by: string;
  notice?: string;
  citations: Citation[];
  nearest?: { title: string; lang?: string; url: string }[];
  conversation?: string;
}

/** showText puts Markdown into place; while it grows, what may yet become a mark is held back and what is open is closed. */
export function showText(place: HTMLElement, markdown: string, citations: Citation[], growing: boolean): void {
  const cites: Cites = new Map(citations.map((c) => [c.n, c]));
  place.replaceChildren(...render(growing ? closed(markdown) : markdown, cites));
}

function closed(markdown: string): string {
  const text = markdown.replace(/(?:\[\d{0,4}|\\|\*+|`)$/, "");
  const last = text.slice(text.lastIndexOf("\n") + 1);
  if ((text.match(/^[ \t]{0,3}```/gm)?.length ?? 0) % 2) return text; // a fence may stay open
  const bare = last.replace(/\\./g, "").replace(/`[^`]*`/g, "");
  if (bare.includes("`")) return text + "`";
  return (bare.match(/\*\*/g)?.length ?? 0) % 2 ? text.trimEnd() + "**" : text;
}

/** complete shows all of an answer, as far as there is one, with what can be done with it. */
export function complete(place: HTMLElement, a: Answer, again?: () => void): void {
  const text = element("div", { class: "text" });
  showText(text, a.text, a.citations, false);
  const near = new Map((a.nearest ?? []).map((n) => [n.title, n]));
  for (const li of text.querySelectorAll("li")) {
    const n = near.get(li.textContent ?? "");
    if (n && ours(n.url)) li.replaceChildren(element("a", { href: n.url, lang: n.lang ? tagOf(n.lang, n.title) : tagOfText(n.title) }, ...li.childNodes));
  }
  place.lang = tagOf(a.lang, "", a.script);
  place.replaceChildren(text);
  if (a.notice) place.append(element("p", { class: "notice" }, a.notice));
  if (a.citations.length) place.append(sources(a.citations));
  if (a.id && a.kind !== "not_found") place.append(element("p", { class: "made", lang: pageTag }, madeBy(a.generated_by)));
  place.append(...actions(a, again));
}

function madeBy(by: string): string {
  switch (by) {
    case "quotes":
      return t("web.chat.by_quotes");
    case "organisers":
      return t("web.chat.by_organisers");
  }
  return t("web.chat.by_model", { model: by });
}

/** written reports whether a model wrote an answer, so that it may come out otherwise another time. */
export const written = (a: Answer) => a.generated_by !== "quotes" && a.generated_by !== "organisers";

/** sources are what an answer cites: a card for each document, with its sentences in the order of their numbers. */
function sources(citations: Citation[]): HTMLElement {
  const documents = new Map<number, Citation[]>();
  for (const c of citations) documents.set(c.document, [...(documents.get(c.document) ?? []), c]);
  const cards = [...documents.values()].map((cited) => {
    const { title, lang } = cited[0];
    const list = element("ol");
    for (const c of cited) {
      const about = element("span", { class: "about" });
      const meta = element("span", { class: "meta" });
      if (c.heading && !title.includes(c.heading)) meta.append(element("span", { lang: tagOfText(c.heading) }, c.heading));
      if (c.page) meta.append(element("span", {}, t("web.chat.page", { page: String(c.page) })));
      if (c.quote) about.append(element("span", { class: "excerpt", lang: tagOf(c.lang, c.quote) }, c.quote));
      if (meta.childElementCount || !c.quote) about.append(meta);
      const inner = [element("span", { class: "n" }, String(c.n)), about];
      list.append(element("li", { "data-n": String(c.n) }, ours(c.url) ? element("a", { href: c.url }, ...inner) : element("div", {}, ...inner)));
    }
    const label = element("span", { class: "label" }, lang === "zh" ? t("web.chat.in_zh") : t("web.chat.in_en"));
    return element("div", { class: "origin" }, element("h4", {}, element("span", { class: "title", lang: tagOfText(title) }, title), " ", label), list);
  });
  return element("section", { class: "sources", lang: pageTag }, element("h3", {}, t("web.chat.sources")), ...cards);
}

/** pointOut marks the source of the number that is pointed at or has the focus. */
export function pointOut(within: HTMLElement): void {
  const mark = (e: Event) => {
    const chip = e.target instanceof Element ? e.target.closest(".cite") : null;
    for (const li of within.querySelectorAll(".sources li.shown")) li.classList.remove("shown");
    chip?.closest(".answer")?.querySelector(`.sources li[data-n="${chip.textContent}"]`)?.classList.add("shown");
  };
  within.addEventListener("pointerover", mark);
  within.addEventListener("focusin", mark);
}
