"use strict";
// Keeps the desk up to date: a stream of events, and polling for when there is none. Without this
// file the desk is what it was when it was loaded, and its texts can be selected and copied.

(() => {
  const POLL_MS = 5000; // while the stream is broken
  const CHECK_MS = 30000; // always: a proxy may hold a stream back without closing it
  const line = document.getElementById("line");
  const board = () => document.getElementById("board");

  let refreshing = false;
  let wanted = null;
  let timer = 0;

  const say = (state) => {
    if (line.dataset.state === state) return;
    line.dataset.state = state;
    line.textContent = line.dataset[state];
  };

  // --- What a reader has opened, chosen or is about to press stays that way.
  const remember = () => ({
    open: new Map([...board().querySelectorAll("details")].map((each) => [each.id, each.open])),
    sheet: board().querySelector("input[name=sheet]:checked")?.id,
    focus: board().contains(document.activeElement) ? document.activeElement.id || document.activeElement.dataset.copy : null,
  });

  const restore = (before) => {
    for (const each of board().querySelectorAll("details")) {
      if (before.open.has(each.id)) each.open = before.open.get(each.id);
    }
    const sheet = before.sheet && document.getElementById(before.sheet);
    if (sheet) sheet.checked = true;
    if (before.focus) {
      const again = document.getElementById(before.focus)
        || [...board().querySelectorAll("[data-copy]")].find((each) => each.dataset.copy === before.focus);
      if (again) again.focus();
    }
  };

  const showButtons = () => {
    for (const each of board().querySelectorAll("button.copy")) each.hidden = false;
  };

  // Only the parts that differ are put in, so that nothing that stays is read out again.
  const put = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("board");
    if (!fresh) return location.reload(); // signed out
    const before = remember();
    const banners = fresh.querySelector("#banners");
    const shown = board().querySelector("#banners");
    if (banners.innerHTML !== shown.innerHTML) shown.innerHTML = banners.innerHTML;
    for (const each of [...board().children].slice(1)) each.remove();
    for (const each of [...fresh.children].slice(1)) board().append(each);
    board().dataset.version = fresh.dataset.version;
    restore(before);
    showButtons();
    return undefined;
  };

  const refresh = async () => {
    if (refreshing) return;
    refreshing = true;
    try {
      for (let asked = null; asked !== wanted;) {
        asked = wanted;
        if (asked === board().dataset.version) continue;
        const answer = await fetch(board().dataset.refreshFrom, { headers: { Accept: "text/html" } });
        if (!answer.ok) throw new Error(String(answer.status));
        put(await answer.text());
      }
    } finally {
      refreshing = false;
    }
  };

  const changed = (version) => {
    wanted = version;
    refresh().catch(() => say("lost"));
  };

  // --- The stream, and looking without it.
  const look = async () => {
    try {
      const answer = await fetch(board().dataset.poll, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const { version } = await answer.json();
      say(streaming() ? "live" : "polling");
      changed(version);
    } catch {
      say("lost");
    }
    clearTimeout(timer);
    timer = setTimeout(look, streaming() ? CHECK_MS : POLL_MS);
  };

  let stream = null;
  const streaming = () => stream !== null && stream.readyState === EventSource.OPEN;

  const listen = () => {
    stream = new EventSource(board().dataset.events);
    stream.addEventListener("open", () => say("live"));
    stream.addEventListener("incidents", (event) => changed(event.lastEventId));
    stream.addEventListener("error", () => {
      // The browser comes back by itself, unless the server refused: then we try again.
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, POLL_MS);
      clearTimeout(timer);
      timer = setTimeout(look, 0);
    });
  };

  // --- Copying.
  const textOf = (button) => button.dataset.copy.split(" ").map((id) => document.getElementById(id).textContent.trim()).join("\n\n");

  const select = (id) => {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(id));
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };

  const tell = (button, words) => {
    button.dataset.idle ||= button.textContent;
    button.textContent = words;
    line.textContent = words;
    setTimeout(() => {
      button.textContent = button.dataset.idle;
      const { state } = line.dataset;
      line.textContent = state ? line.dataset[state] : "";
    }, 2000);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(textOf(button));
      tell(button, button.dataset.done);
    } catch {
      // No clipboard outside https: the text is selected, one key copies it.
      select(button.dataset.copy.split(" ").at(-1));
      tell(button, button.dataset.failed);
    }
  });

  showButtons();
  listen();
  timer = setTimeout(look, CHECK_MS);
})();
