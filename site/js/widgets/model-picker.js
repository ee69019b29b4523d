// @ts-check
/**
 * What stands under the prompt while a model is offered or on its way: how large it is and from where, bytes, rate and
 * time left, Cancel; and the ways to a model of one's own. One block of native elements in every <prompt-box>.
 *
 * @typedef {import("../arrival.js").Arrival} Arrival
 */
import { engine } from "../engine.js";
import { make } from "./dom.js";
import { duration, megabytes, size } from "./text.js";

/** Beside a model's numbers, memory is taken by Python, the page, and the cache of keys and values. */
const OTHER_BYTES = 0.35e9;
/** What one array can have in a browser's Python. */
const MAX_ARRAY_BYTES = 2 ** 31;

export class ModelPicker {
  #title = make("strong");
  #text = make("p", { class: "mp-text" });
  #note = make("p", { class: "mp-note" });
  #bar = make("progress", { class: "mp-progress", "aria-label": "Model download" });
  #spoken = make("span", { class: "pb-spoken", role: "status" });
  #go = make("button", { type: "button", class: "mp-go" });
  #cancel = make("button", { type: "button", class: "mp-cancel" });
  #actions = make("div", { class: "mp-actions" }, this.#go, this.#cancel);
  element = make(
    "section",
    { class: "mp-panel", "aria-label": "Model", hidden: true },
    make("p", {}, this.#title),
    this.#text,
    this.#bar,
    this.#note,
    this.#actions,
    this.#spoken,
  );
  /** @type {Arrival | null} that the reader has read to its end */
  #dismissed = null;

  constructor() {
    this.#go.addEventListener("click", () => this.#proceed());
    this.#cancel.addEventListener("click", () => this.#leave());
  }

  /** Shows the engine's arrival, if there is one to be seen. */
  show() {
    const arrival = engine.arrivals.current;
    const isSeen = arrival !== null && arrival !== this.#dismissed;
    this.element.hidden = !isSeen;
    if (!isSeen) return;
    this.element.dataset.status = arrival.status;
    this.#title.textContent = arrival.offer.wanted.title;
    this.#text.textContent = textOf(arrival);
    this.#note.textContent = noteOf(arrival);
    this.#note.setAttribute("role", arrival.status === "failed" ? "alert" : "note");
    setText(this.#spoken, spokenOf(arrival));
    this.#showBar(arrival);
    this.#showActions(arrival);
  }

  /** @param {Arrival} arrival */
  #showBar({ status, report }) {
    const isMoving = ["starting", "waiting", "fetching", "pausing", "finishing", "verifying"].includes(
      status,
    );
    this.#bar.hidden = !isMoving;
    if (!report || report.total === 0 || status === "finishing") this.#bar.removeAttribute("value");
    else {
      this.#bar.max = report.total;
      this.#bar.value = report.loaded;
    }
  }

  /** @param {Arrival} arrival */
  #showActions({ status, offer, canStart, report }) {
    this.#go.hidden = !canStart;
    const isNew = status === "offered";
    const unknown = offer.bytes === 0;
    this.#go.textContent = !isNew ? "Try again" : unknown ? `Ask ${offer.host} for its size` : "Download";
    if (status === "canceled") this.#go.textContent = report?.loaded ? "Go on" : "Download";
    const isArriving = !canStart && !report?.info;
    this.#cancel.textContent = isArriving ? "Cancel" : isNew ? "Not now" : "Close";
  }

  #proceed() {
    const arrival = engine.arrivals.current;
    if (!arrival?.canStart) return;
    if (arrival.offer.bytes === 0) arrival.look();
    else arrival.start();
  }

  #leave() {
    const arrival = engine.arrivals.current;
    if (!arrival) return;
    const isArriving = !arrival.canStart && !arrival.report?.info;
    if (isArriving) return arrival.cancel();
    if (arrival.status === "offered") arrival.cancel();
    this.#dismissed = arrival;
    this.show();
  }
}

/** @param {Arrival} arrival */
function textOf({ status, offer, report, rate, error }) {
  const loaded = report && report.total > 0 ? megabytes(report.loaded, report.total) : "";
  switch (status) {
    case "offered":
      if (offer.bytes === 0) return `A model at ${offer.host}. Nothing was asked of that server so far.`;
      return `${size(offer.bytes)} from ${offer.host}, kept by this browser for the next visit.`;
    case "looking":
      return `Asking ${offer.host} …`;
    case "starting":
      return "Starting …";
    case "waiting":
      return "Another tab is loading this model: waiting for it …";
    case "pausing":
      return `${loaded} · the connection was lost; trying again in ${report?.pause_s} s …`;
    case "finishing":
      return "Making it ready …";
    case "failed":
      return error?.message ?? "";
    case "canceled":
      return loaded ? `Canceled at ${loaded}.` : "Canceled.";
    case "verifying":
    case "ready":
      return "Ready. Verifying it by its SHA-256 …";
    case "done":
      return report?.sha256 ? "Ready, and verified: it is the published file." : "Ready.";
    default:
      return fetchingText(offer.host, report, rate, loaded);
  }
}

/**
 * @param {string} host
 * @param {Arrival["report"]} report
 * @param {number} rate
 * @param {string} loaded
 */
function fetchingText(host, report, rate, loaded) {
  if (!report || report.total === 0) return `Asking ${host} …`;
  if (report.fetched === 0 && report.loaded > 0) return `${loaded} from this browser's storage`;
  const parts = [`${loaded} from ${host}`];
  if (rate > 0) {
    parts.push(`${(rate / 1e6).toFixed(rate < 1e7 ? 1 : 0)} MB/s`);
    parts.push(`${duration((report.total - report.loaded) / rate)} left`);
  }
  return parts.join(" · ");
}

/** @param {Arrival} arrival */
function noteOf({ status, offer, report, error }) {
  if (status === "failed") return error?.hint ?? "";
  if (status === "offered") return [offer.note, memoryNote(offer.bytes)].filter(Boolean).join(" ");
  if (status === "canceled" && report?.isStored && report.loaded) return "What has arrived is kept.";
  const isUnderWay = report !== null && report.total > 0;
  if (isUnderWay && !report.isStored && !offer.wanted.isLocal) {
    return "This browser does not keep it (a private window, or too little room): it stays in memory until the page is left.";
  }
  if (status === "fetching") return "The model that is loaded stays in use meanwhile.";
  return "";
}

/**
 * What the device says of itself, in words: it is a warning, the reader decides.
 *
 * @param {number} bytes
 */
function memoryNote(bytes) {
  if (bytes === 0) return "";
  const needs = `It takes about ${size(bytes + OTHER_BYTES)} of memory.`;
  const device = /** @type {{deviceMemory?: number}} */ (navigator).deviceMemory;
  if (bytes > MAX_ARRAY_BYTES) return `${needs} A page cannot hold as much: this model does not fit.`;
  const isTight = device !== undefined && bytes + OTHER_BYTES > device * 0.5e9;
  if (isTight) return `${needs} This device has ${device} GB in all: the page may run out of it.`;
  const isLarge = bytes > 1e9;
  return isLarge ? `${needs} Phones and small tablets end pages that take so much.` : needs;
}

/** @param {Arrival} arrival */
function spokenOf({ status, offer, report }) {
  if (report?.info) return `${offer.wanted.title} is ready.`;
  if (status === "fetching") return `${offer.wanted.title} is being loaded.`;
  return "";
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
