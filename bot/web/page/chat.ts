// The chat: questions typed, answers as they stream in, the conversation kept for this tab.

import { Answer, Citation, complete, showText, tagOf, tagOfText } from "./answer";
import { read } from "./events";
import { element } from "./markdown";
import { t } from "./words";

/** The server sends something every 15 seconds; three times that is a lost connection. */
const patience = 45_000;
const storage = "osmanthus.turns";
const conversationStorage = "osmanthus.conversation";
const keptTurns = 20;

interface Kept {
  question: string;
  answer: Answer;
  stopped?: boolean;
}

interface Failure {
  code: string;
  message: string;
  retryable: boolean;
}

class Told extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code);
  }
}

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const form = byId<HTMLFormElement>("ask");
const box = byId<HTMLTextAreaElement>("question");
const button = byId<HTMLButtonElement>("send");
const turns = byId("turns");
const welcome = byId("welcome");
const live = byId("live");
const sendLabel = button.textContent!.trim();
const sendTitle = button.title;

let running: AbortController | null = null;
let kept: Kept[] = [];
let conversation = "";

function setRunning(controller: AbortController | null): void {
  running = controller;
  const label = controller ? t("web.chat.stop") : sendLabel;
  button.classList.toggle("stop", !!controller);
  button.querySelector("span")!.textContent = label;
  button.title = controller ? label : sendTitle;
}

/** keep stores the conversation where only this tab sees it, so that coming back from a document finds it again. */
function keep(): void {
  kept = kept.slice(-keptTurns);
  try {
    sessionStorage.setItem(storage, JSON.stringify(kept));
    sessionStorage.setItem(conversationStorage, conversation);
  } catch {
    // Storage is off or full: the page works without.
  }
  fresh.hidden = turns.childElementCount === 0;
}

function restore(): void {
  try {
    kept = JSON.parse(sessionStorage.getItem(storage) || "[]");
    conversation = sessionStorage.getItem(conversationStorage) || "";
    for (const k of kept) {
      const place = addTurn(k.question);
      complete(place, k.answer);
      if (k.stopped) place.append(stoppedNote());
    }
  } catch {
    kept = [];
  }
  if (kept.length) turns.lastElementChild?.scrollIntoView({ block: "start" });
}

const stoppedNote = () => element("p", { class: "notice", lang: document.documentElement.lang }, t("web.chat.stopped"));

/** addTurn shows a question and returns the place of its answer. */
function addTurn(question: string): HTMLElement {
  welcome.hidden = true;
  const place = element("div", { class: "answer" });
  turns.append(element("article", { class: "turn" }, element("h2", { class: "question", lang: tagOfText(question) }, question), place));
  return place;
}

async function ask(question: string, place: HTMLElement): Promise<void> {
  const controller = new AbortController();
  setRunning(controller);
  const text = element("div", { class: "text" });
  const status = element("p", { class: "status", lang: document.documentElement.lang }, t("web.chat.searching"));
  place.replaceChildren(text, status);
  place.setAttribute("aria-busy", "true");
  live.textContent = t("web.chat.searching");
  place.closest(".turn")?.scrollIntoView({ block: "start" });

  const partial: Answer = { id: "", lang: "", kind: "answer", text: "", generated_by: "", citations: [] };
  let cites: Citation[] = [];
  let answer: Answer | null = null;
  let drawn = 0;
  const draw = () => {
    drawn ||= requestAnimationFrame(() => {
      drawn = 0;
      if (!answer) showText(text, partial.text, cites, true);
    });
  };
  const take = (type: string, data: any) => {
    switch (type) {
      case "meta":
        partial.id = data.id;
        partial.lang = data.lang;
        if (data.conversation && running === controller) conversation = data.conversation;
        partial.script = data.script;
        place.lang = tagOf(data.lang, data.script);
        break;
      case "status":
        if (data.status === "replaced") partial.text = "";
        status.textContent = data.status === "searching" ? t("web.chat.searching") : t("web.chat.writing");
        draw();
        break;
      case "sources":
        cites = data.sources;
        break;
      case "delta":
        partial.text += data.text;
        draw();
        break;
      case "citation":
        partial.citations.push(data);
        break;
      case "done":
        answer = data;
        break;
      case "error":
        throw new Told(data);
    }
  };
  try {
    const response = await fetch("/api/ask?" + new URLSearchParams({ lang: document.documentElement.lang.slice(0, 2) }), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, event: new FormData(form).get("event") || undefined, conversation: conversation || undefined }),
      signal: controller.signal,
    });
    if (!response.ok || !response.body) {
      const body = await response.json().catch(() => null);
      throw body?.error ? new Told(body.error) : new Error(String(response.status));
    }
    await read(response.body, patience, (e) => take(e.type, JSON.parse(e.data)));
    if (!answer) throw new Error("cut short");
    complete(place, answer);
    kept.push({ question, answer });
    live.textContent = place.querySelector(".text")!.textContent;
  } catch (err) {
    status.remove();
    partial.citations = cites.filter((c) => partial.text.includes(`[${c.n}]`));
    if (controller.signal.aborted) {
      partial.lang ||= document.documentElement.lang.slice(0, 2);
      partial.generated_by = "quotes";
      if (partial.text) complete(place, partial);
      place.querySelector(".made")?.remove();
      place.append(stoppedNote());
      if (partial.text) kept.push({ question, answer: { ...partial, kind: "not_found" }, stopped: true });
      live.textContent = t("web.chat.stopped");
    } else {
      showText(text, partial.text, cites, false);
      fail(question, place, err);
    }
  } finally {
    if (drawn) cancelAnimationFrame(drawn);
    place.removeAttribute("aria-busy");
    if (running === controller) setRunning(null);
    keep();
  }
}

/** fail tells what went wrong, under what there is of the answer, and offers another try. */
function fail(question: string, place: HTMLElement, err: unknown): void {
  const failure = err instanceof Told ? err.failure : { message: t("web.chat.lost"), retryable: true };
  const note = element("div", { class: "failure", lang: tagOfText(failure.message) }, element("p", {}, failure.message));
  if (failure.retryable) {
    const retry = element("button", { type: "button", lang: document.documentElement.lang }, t("web.chat.retry"));
    retry.addEventListener("click", () => {
      if (!running) void ask(question, place);
    });
    note.append(retry);
  }
  place.append(note);
  live.textContent = failure.message;
}

function fit(): void {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

form.addEventListener("submit", (e) => {
  e.preventDefault();
  if (running) {
    if (e.submitter === button) running.abort();
    return;
  }
  const chosen = e.submitter instanceof HTMLButtonElement && e.submitter !== button;
  const question = chosen ? (e.submitter as HTMLButtonElement).value : box.value.trim();
  if (!question) {
    box.focus();
    return;
  }
  box.value = "";
  fit();
  box.focus({ preventScroll: true });
  void ask(question, addTurn(question));
});

box.addEventListener("input", fit);
box.addEventListener("keydown", (e) => {
  // While an input method composes, Enter chooses a candidate. Safari ends the composition before this event and tells
  // by the key code alone.
  const composing = e.isComposing || e.keyCode === 229;
  if (composing) return;
  if (e.key === "Enter" && !e.shiftKey) {
    e.preventDefault();
    if (!running) form.requestSubmit(button);
  } else if (e.key === "ArrowUp" && !box.value && turns.querySelector(".question")) {
    e.preventDefault();
    box.value = [...turns.querySelectorAll(".question")].at(-1)!.textContent!;
    fit();
  }
});

document.addEventListener("keydown", (e) => {
  if (e.isComposing || e.keyCode === 229) return;
  if (e.key === "Escape" && running) running.abort();
  const typing = e.target instanceof Element && e.target.closest("input, textarea, select");
  if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    box.focus();
  }
});

const fresh = element("button", { type: "button", class: "button fresh" }, t("web.chat.new")) as HTMLButtonElement;
fresh.addEventListener("click", () => {
  running?.abort();
  setRunning(null);
  // A new conversation forgets the one before, here and on the server; where that fails, it expires.
  if (conversation) void fetch("/api/conversations/" + encodeURIComponent(conversation), { method: "DELETE", keepalive: true }).catch(() => {});
  conversation = "";
  turns.replaceChildren();
  kept = [];
  keep();
  welcome.hidden = false;
  live.textContent = "";
  box.focus();
});
byId("tools").append(fresh);
if (!turns.childElementCount) restore();
fresh.hidden = turns.childElementCount === 0;
fit();
