"use strict";
// Everything works without this file. With it, pages refresh by themselves, buttons cannot be
// pressed twice, times take one press, and the form says which facts are needed.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- What is wrong is read out and seen first.
const errors = document.getElementById("errors");
if (errors) errors.focus();

// --- A form is sent once. Coming back to the page makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (!button) return undefined;
  // After the browser has taken the button's value with the form.
  setTimeout(() => {
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) {
      button.dataset.idle = button.textContent;
      button.textContent = button.dataset.busy;
    }
  });
  return undefined;
});
window.addEventListener("pageshow", () => {
  all("form[data-sent]").forEach((form) => delete form.dataset.sent);
  all("[aria-disabled]").forEach((button) => {
    button.removeAttribute("aria-disabled");
    if (button.dataset.idle) button.textContent = button.dataset.idle;
  });
});

// --- Choices that lead on at once.
all("[data-submit]").forEach((input) => input.addEventListener("change", () => input.form.requestSubmit()));
all("[data-without-script]").forEach((element) => { element.hidden = true; });

// --- Connection lost.
const offline = document.getElementById("offline");
const showConnection = (connected) => {
  if (!offline) return;
  offline.hidden = connected;
  offline.textContent = connected ? "" : offline.dataset.text;
};
window.addEventListener("offline", () => showConnection(false));
window.addEventListener("online", () => showConnection(true));
if (!navigator.onLine) showConnection(false);

// --- Parts that refresh by themselves: every second while something happens, slower when it fails.
const refresh = (frame) => {
  const pause = Number(frame.dataset.every ?? 1000);
  let wait = pause;
  const target = () => document.getElementById(frame.dataset.target);
  const isLive = () => target().dataset.live === "yes";
  const again = () => setTimeout(look, document.hidden ? 5000 : wait);
  const look = async () => {
    try {
      const answer = await fetch(frame.dataset.refresh, { headers: { Accept: "text/html" }, redirect: "manual" });
      // Signed out meanwhile: the page itself knows the way to sign in and back.
      if (answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      target().outerHTML = await answer.text();
      target().classList.remove("stale");
      showConnection(true);
      wait = pause;
    } catch {
      target().classList.add("stale");
      showConnection(false);
      wait = Math.min(wait * 2, 15000);
    }
    if (isLive()) again();
    else if ("reloadWhenDone" in frame.dataset) location.reload();
    return undefined;
  };
  if (isLive()) again();
};
all("[data-refresh]").forEach(refresh);

// --- Times on the race's clock, by one press.
const wallClock = (zone, minutes) => {
  const moment = new Date(Date.now() + minutes * 60000);
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(moment).map((part) => [part.type, part.value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
};
const facts = document.getElementById("facts");
all("[data-quick]").forEach((row) => {
  row.hidden = false;
  all("button", row).forEach((button) => button.addEventListener("click", () => {
    document.getElementById(row.dataset.quick).value = wallClock(facts.dataset.zone, Number(button.dataset.minutes));
  }));
});

// --- Which facts are needed, as the answers change.
const answer = (name) => facts.querySelector(`[name="${name}"]:checked`)?.value;
const mark = () => {
  const kind = answer("kind");
  all("[data-tag]", facts).forEach((tag) => {
    tag.dataset.plain ??= tag.textContent;
    const { neededWhen, optionalIn } = tag.closest(".field").dataset;
    const needed = Object.entries(JSON.parse(neededWhen)).some(([name, values]) => values.includes(answer(name)));
    const spared = optionalIn.split(" ").includes(kind);
    tag.textContent = needed || (optionalIn && !spared) ? tag.dataset.needed : tag.dataset.plain;
  });
};
if (facts) {
  facts.addEventListener("change", mark);
  mark();
}
