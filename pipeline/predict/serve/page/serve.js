"use strict";
// What is typed goes to this page's own server, which answers with offsets in it; all is shown as text, never as HTML.

const PAUSE = 200; // milliseconds without a key before the text is sent
const EXAMPLES = {
  news: "Анна Смирнова родилась в Казани и окончила Московский университет. В мае она уехала в Новосибирск, где " +
    "возглавила отделение компании «Северный ветер».\nПо словам Ивана Петрова из Министерства культуры, выставка " +
    "откроется в Третьяковской галерее и проедет по всей России: от Калининграда до Владивостока.",
  typos: "Анна Смирнвоа родилсь в Кзаани и окончила Московкий универсиет. В мае она уехала в Новосибирксс, где " +
    "возглавила отеделние компании «Севреный ветер».",
  none: "",
};
EXAMPLES.lower = EXAMPLES.news.toLowerCase();

const byId = (id) => document.getElementById(id);
const limit = Number(document.body.dataset.limit);
const unsure = Number(document.body.dataset.unsure);
const input = byId("text"), tip = byId("tip"), threshold = byId("threshold");
const panels = [...document.querySelectorAll(".model")];
const types = new Map();
let answer = null; // {characters, models} of the last text that was answered
let explained = null; // the entity that the tip is about
let timer = 0, asking = false, again = false;

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function paint(mark, type) {
  mark.style.setProperty("--type", types.get(type)?.colour);
}

for (const item of document.querySelectorAll("#legend [data-type]")) {
  types.set(item.dataset.type, item.dataset);
  paint(item.firstElementChild, item.dataset.type);
}

// Asking: one text at a time, the latest next.

async function ask(text) {
  const response = await fetch("api/entities", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }),
  }).catch(() => { throw new Error("no answer: has the server been ended? It is begun by: python -m pipeline serve"); });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `the server answered ${response.status}`);
  return body.models;
}

async function mark() {
  if (asking) { again = true; return; }
  const text = input.value, characters = [...text]; // offsets are counted in characters, not in UTF-16
  asking = true;
  byId("models").setAttribute("aria-busy", "true");
  try {
    if (characters.length > limit) throw new Error(tooLong(characters.length));
    const begun = performance.now();
    const models = text ? await ask(text) : panels.map(() => ({ name: "", spans: [] }));
    answer = { characters, models };
    say("", text ? `Marked in ${((performance.now() - begun) / 1000).toFixed(2)} s` : "");
  } catch (error) {
    answer = null;
    say(error.message, "");
  }
  asking = false;
  byId("models").removeAttribute("aria-busy");
  show();
  if (again) { again = false; mark(); }
}

function tooLong(size) {
  return `${size.toLocaleString("en")} characters, and at most ${limit.toLocaleString("en")} are read at a time; ` +
    "shorten the text";
}

function say(error, status) {
  byId("error").textContent = error;
  byId("error").hidden = !error;
  byId("status").textContent = status;
}

// Showing.

function show() {
  hide();
  panels.forEach((panel, number) => {
    const spans = answer ? answer.models[number].spans.filter((span) => span.confidence >= Number(threshold.value)) : [];
    panel.querySelector(".found").textContent = !answer?.characters.length ? "" :
      `${spans.length} ${spans.length === 1 ? "entity" : "entities"}`;
    panel.querySelector(".running").replaceChildren(...(answer ? pieces(spans, number) : []));
  });
}

function pieces(spans, model) {
  const between = (start, stop) => answer.characters.slice(start, stop).join("");
  let end = 0;
  const made = spans.flatMap((span, number) => {
    const before = between(end, span.start);
    end = span.stop;
    return [before, entity(span, between(span.start, span.stop), model, number === 0)];
  });
  return [...made, between(end, answer.characters.length)];
}

function entity(span, text, model, first) {
  const made = element("mark", text, span.confidence < unsure ? "entity unsure" : "entity");
  made.append(element("b", span.type));
  made.tabIndex = first ? 0 : -1; // one stop of Tab a model; arrow keys go on from there
  paint(made, span.type);
  made.span = span;
  made.model = model;
  return made;
}

// What is known about an entity is shown next to it while it is pointed at or has the focus.

function explain(mark) {
  const { span, model } = (explained = mark);
  const line = element("p", `${named(span.type)}, confidence ${span.confidence.toFixed(2)}`);
  const bar = element("div", "", "bar");
  bar.style.setProperty("--share", `${100 * span.confidence}%`);
  paint(bar, span.type);
  const others = answer.models.map((other, number) => ({ ...other, number })).filter((other) => other.number !== model);
  tip.replaceChildren(line, bar, ...others.map((other) => element("p", `${other.name}: ${compare(other.spans, span)}`, "soft")));
  tip.hidden = false;
  for (const other of document.querySelectorAll("[aria-describedby=tip]")) other.removeAttribute("aria-describedby");
  mark.setAttribute("aria-describedby", "tip");
  place(mark);
}

function named(type) {
  const name = types.get(type)?.name;
  return name ? `${type}, ${name}` : type;
}

function compare(spans, target) {
  const shared = spans.filter((span) => span.start < target.stop && target.start < span.stop);
  if (!shared.length) return "nothing";
  return shared.map((span) => {
    const same = span.start === target.start && span.stop === target.stop;
    const text = same ? "" : ` «${answer.characters.slice(span.start, span.stop).join("")}»`;
    return `${span.type} ${span.confidence.toFixed(2)}${text}`;
  }).join("; ");
}

function place(mark) {
  const at = mark.getClientRects()[0], size = tip.getBoundingClientRect(), edge = 8;
  const left = Math.max(edge, Math.min(at.left, document.documentElement.clientWidth - size.width - edge));
  const below = at.bottom + edge + size.height < window.innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${below ? at.bottom + edge : Math.max(edge, at.top - size.height - edge)}px`;
}

function hide() {
  tip.hidden = true;
}

function step(mark, by) {
  const all = [...mark.closest(".running").querySelectorAll(".entity")];
  const next = all[all.indexOf(mark) + by];
  if (!next) return;
  mark.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

for (const panel of panels) {
  const over = (act) => (event) => { const mark = event.target.closest(".entity"); if (mark) act(mark, event); };
  panel.addEventListener("pointerover", over(explain));
  panel.addEventListener("focusin", over(explain));
  panel.addEventListener("click", over((mark) => mark.focus()));
  panel.addEventListener("pointerout", over(() => {
    if (document.activeElement?.matches(".running .entity")) explain(document.activeElement); else hide();
  }));
  panel.addEventListener("focusout", hide);
  panel.addEventListener("keydown", over((mark, event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) { event.preventDefault(); step(mark, by); }
  }));
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
for (const moved of ["scroll", "resize"]) {
  window.addEventListener(moved, () => { if (!tip.hidden) place(explained); }, { passive: true });
}

function changed() {
  const size = [...input.value].length;
  byId("count").textContent = `${size.toLocaleString("en")} of ${limit.toLocaleString("en")} characters`;
  clearTimeout(timer);
  timer = setTimeout(mark, PAUSE);
}

input.addEventListener("input", changed);
for (const button of document.querySelectorAll("[data-example]")) {
  button.addEventListener("click", () => { input.value = EXAMPLES[button.dataset.example]; changed(); input.focus(); });
}
threshold.addEventListener("input", () => { byId("shown").textContent = Number(threshold.value).toFixed(2); show(); });
byId("form").addEventListener("submit", (event) => event.preventDefault());
input.value = EXAMPLES.news;
changed();
