// The chat: questions typed, answers as they stream in, the conversation kept on this device.

import { answerKept, answerStopped, conversationKept } from "./address";
import { Answer, Citation, complete, pointOut, showText, written } from "./answer";
import { ask, Failure, missed, Told } from "./asking";
import { call, site } from "./base";
import { button, element, icon } from "./element";
import * as kept from "./kept";
import { keptList } from "./keptlist";
import { tagOf, tagOfQuestion, tagOfText } from "./tag";
import { pageTag, t } from "./words";

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const form = byId<HTMLFormElement>("ask");
const box = byId<HTMLTextAreaElement>("question");
const send = byId<HTMLButtonElement>("send");
const turns = byId("turns");
const welcome = byId("welcome");
const live = byId("live");
const offline = byId("offline");
const long = byId("long");
const limit = Number(box.dataset.limit);
const sendLabel = send.textContent!.trim();
const sendTitle = send.title;

/** An answer under way: its turn, and how to end it. */
interface Running {
  turn: kept.Turn;
  controller: AbortController;
}

let running: Running | null = null;
let conversation = kept.start();
/** After this time, in milliseconds, a server is not busy with an answer any more. */
const longest = 180_000;
/** What waits for answers that were missed, by the place they will stand in. */
const waiting = new Map<HTMLElement, AbortController>();

function setRunning(r: Running | null): void {
  running = r;
  const label = r ? t("web.chat.stop") : sendLabel;
  send.classList.toggle("stop", !!r);
  send.querySelector("span")!.textContent = label;
  send.title = r ? label : sendTitle;
}

function keep(): void {
  kept.save(conversation);
  kept.setCurrent(conversation.id);
  fresh.hidden = turns.childElementCount === 0;
}

/** show puts a conversation on the page in place of the one there. */
function show(c: kept.Conversation): void {
  leave();
  conversation = c;
  turns.replaceChildren();
  for (const turn of c.turns) {
    const place = addTurn(turn.question);
    settle(place, turn);
    if (turn.state === "cut") fetchMissed(place, turn, Date.now() - c.at < longest ? undefined : 1);
  }
  welcome.hidden = c.turns.length > 0;
  kept.setCurrent(c.id);
  fresh.hidden = turns.childElementCount === 0;
  turns.lastElementChild?.scrollIntoView({ block: "start" });
}

/** stop ends the answer under way, on the server too if that was asked to finish it. */
function stop(): void {
  if (running?.turn.answer.id) void call(answerStopped(running.turn.answer.id), { method: "POST", keepalive: true }).catch(() => {});
  running?.controller.abort();
}

/** leave ends what is under way on the page. */
function leave(): void {
  stop();
  setRunning(null);
  waiting.forEach((c) => c.abort());
  waiting.clear();
}

/** settle shows a turn as it stands in the end. */
function settle(place: HTMLElement, turn: kept.Turn): void {
  (place.previousElementSibling as HTMLElement).lang = tagOfQuestion(turn.question, turn.answer.lang);
  const again = () => {
    if (!running) void run(turn, place, written(turn.answer));
  };
  complete(place, turn.answer, turn.state || written(turn.answer) ? again : undefined);
  if (!turn.state) return;
  const note = element("p", { class: "notice", lang: pageTag }, t(turn.state === "stopped" ? "web.chat.stopped" : "web.chat.cut"));
  place.querySelector(".actions")!.before(note);
}

/** addTurn shows a question and returns the place of its answer. */
function addTurn(question: string): HTMLElement {
  welcome.hidden = true;
  const place = element("div", { class: "answer" });
  turns.append(element("article", { class: "turn" }, element("h2", { class: "question", lang: tagOfText(question) }, question), place));
  return place;
}

/** run asks a turn's question and fills its place. */
async function run(turn: kept.Turn, place: HTMLElement, again: boolean): Promise<void> {
  waiting.get(place)?.abort();
  const controller = new AbortController();
  const mine = conversation;
  mine.at = Date.now();
  const me = { turn, controller };
  setRunning(me);
  if (place.contains(document.activeElement)) ready(); // what was pressed goes away
  const text = element("div", { class: "text" });
  const status = element("p", { class: "status", lang: pageTag }, t("web.chat.searching"));
  place.replaceChildren(text, status);
  place.setAttribute("aria-busy", "true");
  live.textContent = t("web.chat.searching");
  place.closest(".turn")?.scrollIntoView({ block: "start" });

  const partial: Answer = { id: "", lang: pageTag.slice(0, 2), kind: "answer", text: "", generated_by: "", citations: [] };
  turn.answer = partial;
  turn.state = "cut"; // until it is whole: what a page that goes away leaves behind
  keep();
  let cites: Citation[] = [];
  let drawn = 0;
  const draw = () => {
    drawn ||= requestAnimationFrame(() => {
      drawn = 0;
      if (turn.answer === partial) showText(text, partial.text, cites, true);
    });
  };
  const take = (type: string, data: any) => {
    switch (type) {
      case "meta":
        partial.id = data.id;
        partial.lang = data.lang;
        partial.script = data.script;
        if (data.conversation) mine.held = data.conversation;
        place.lang = tagOf(data.lang, "", data.script);
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
        partial.citations = cites.filter((c) => partial.text.includes(`[${c.n}]`));
        draw();
        break;
      case "done":
        turn.answer = data;
        delete turn.state;
        break;
    }
  };
  try {
    await ask({
      question: turn.question, lang: pageTag.slice(0, 2), event: String(new FormData(form).get("event") ?? "") || undefined,
      conversation: mine.held || undefined, fresh: again || undefined,
    }, controller.signal, take);
    settle(place, turn);
    live.textContent = place.querySelector(".text")!.textContent;
  } catch (err) {
    if (turn.answer !== partial) {
      settle(place, turn); // it was whole before the line broke
    } else if (controller.signal.aborted) {
      turn.state = "stopped";
      partial.id = "";
      settle(place, turn);
      live.textContent = t("web.chat.stopped");
    } else {
      status.remove();
      showText(text, partial.text, cites, false);
      fail(turn, place, err instanceof Told ? err.failure : { code: "lost", message: t("web.chat.lost"), retryable: true });
      if (err instanceof Told) partial.id = ""; // the server has not kept it
      else fetchMissed(place, turn);
    }
  } finally {
    if (drawn) cancelAnimationFrame(drawn);
    place.removeAttribute("aria-busy");
    mine.at = Date.now();
    if (running === me) setRunning(null);
    if (conversation === mine) keep();
    else if (kept.has(mine.id)) kept.save(mine); // it was left, not deleted
  }
}

/** fail tells what went wrong, under what there is of the answer, and offers another try. */
function fail(turn: kept.Turn, place: HTMLElement, failure: Failure): void {
  const note = element("div", { class: "failure", lang: tagOfText(failure.message) }, element("p", {}, failure.message));
  if (failure.retryable) {
    note.append(button({ class: "button", lang: pageTag }, () => {
      if (!running) void run(turn, place, false);
    }, icon("again"), t("web.chat.retry")));
  }
  place.append(note);
  live.textContent = failure.message;
}

/** fetchMissed fetches an answer whose connection broke, while the page goes on. */
function fetchMissed(place: HTMLElement, turn: kept.Turn, tries?: number): void {
  if (!turn.answer.id) return;
  const controller = new AbortController();
  const mine = conversation;
  waiting.set(place, controller);
  void missed(turn.answer.id, controller.signal, tries).then((answer) => {
    if (waiting.get(place) === controller) waiting.delete(place);
    if (!answer || controller.signal.aborted) return;
    turn.answer = answer;
    delete turn.state;
    settle(place, turn);
    live.textContent = place.querySelector(".text")!.textContent;
    if (conversation === mine) keep();
  });
}

/** tooLong says so of a question that the server would refuse, which is not sent: its words stay in the box. */
function tooLong(): boolean {
  // Characters as a reader counts them; few texts are near the limit, and those are counted whole.
  const count = box.value.length <= limit ? 0 : [...new Intl.Segmenter(pageTag).segment(box.value.trim())].length;
  const said = count > limit ? t("web.chat.too_long", { count: String(count), limit: String(limit) }) : "";
  if (long.textContent !== said) long.textContent = said;
  return !!said;
}

/** ready puts the cursor into the box; not on a phone, where its keyboard would cover the answer. */
function ready(): void {
  if (matchMedia("(pointer: coarse)").matches) box.blur();
  else box.focus({ preventScroll: true });
}

function fit(): void {
  if (long.textContent) tooLong();
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

form.addEventListener("submit", (e) => {
  e.preventDefault();
  if (running) {
    if (e.submitter === send) stop();
    return;
  }
  const chosen = e.submitter instanceof HTMLButtonElement && e.submitter !== send;
  const question = chosen ? (e.submitter as HTMLButtonElement).value : box.value.trim();
  if (!question || (!chosen && tooLong())) {
    box.focus();
    return;
  }
  box.value = "";
  fit();
  ready();
  const turn: kept.Turn = { question, answer: { id: "", lang: "", kind: "answer", text: "", generated_by: "", citations: [] } };
  conversation.turns.push(turn);
  void run(turn, addTurn(question), false);
});

box.addEventListener("input", fit);
box.addEventListener("keydown", (e) => {
  // While an input method composes, Enter chooses a candidate. Safari ends the composition before this event and tells
  // by the key code alone.
  if (e.isComposing || e.keyCode === 229) return;
  if (e.key === "Enter" && !e.shiftKey) {
    e.preventDefault();
    if (!running) form.requestSubmit(send);
  } else if (e.key === "ArrowUp" && !box.value && turns.querySelector(".question")) {
    e.preventDefault();
    box.value = [...turns.querySelectorAll(".question")].at(-1)!.textContent!;
    fit();
  }
});

document.addEventListener("keydown", (e) => {
  if (e.isComposing || e.keyCode === 229 || document.querySelector("dialog[open]")) return;
  if (e.key === "Escape") stop();
  const typing = e.target instanceof Element && e.target.closest("input, textarea, select");
  if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    box.focus();
  }
});

// A page that goes away, or that a phone puts to sleep, keeps what there is of an answer, and has the server finish it.
const away = () => {
  if (!running) return;
  keep();
  if (running.turn.answer.id) void call(answerKept(running.turn.answer.id), { method: "POST", keepalive: true }).catch(() => {});
};
addEventListener("pagehide", away);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") away();
});

const lineChanged = () => {
  offline.hidden = navigator.onLine;
};
addEventListener("online", lineChanged);
addEventListener("offline", lineChanged);
lineChanged();

/** forget deletes a conversation on the server too; where that fails, it expires. */
function forget(c: kept.Conversation): void {
  if (c.held) void call(conversationKept(c.held), { method: "DELETE", keepalive: true }).catch(() => {});
  if (c.id === conversation.id) begin();
}

/** begin makes the page empty. */
function begin(): void {
  show(kept.start());
  live.textContent = "";
}

const fresh = button({ class: "button fresh", title: t("web.chat.new") }, () => {
  if (site) forget(conversation);
  else begin();
  box.focus();
}, icon("fresh"), element("span", {}, t("web.chat.new")));
// In a frame of another website nothing is kept, so there is nothing to list.
if (!site) byId("tools").append(keptList({ shown: () => conversation, open: show, forgotten: forget }));
byId("tools").append(fresh);
pointOut(turns);
const last = kept.current();
if (!turns.childElementCount && last) show(last);
fresh.hidden = turns.childElementCount === 0;
fit();
