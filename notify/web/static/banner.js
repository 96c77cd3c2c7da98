"use strict";
// Shows active incidents in any page that loads this file:
//   <script src="https://…/embed/banner.js" data-lang="en" data-race="…" defer></script>
// No cookies, nothing of the page is read; what is shown lives in a shadow root of its own.
// data-race shows one race only; data-drills="true" shows exercises too, marked as such.

(() => {
  const POLL_MS = 10000;
  const script = document.currentScript;
  const source = new URL("/api/v1/incidents/active", script.src);
  source.searchParams.set("drills", String(script.dataset.drills === "true"));
  const language = script.dataset.lang || document.documentElement.lang || "en";
  const chinese = language.toLowerCase().startsWith("zh");
  const words = chinese
    ? { more: "查看详情", label: "赛事紧急通知", severity: { minor: "提示", moderate: "注意", severe: "严重", extreme: "极其严重" } }
    : { more: "Details", label: "Race incidents", severity: { minor: "Minor", moderate: "Moderate", severe: "Severe", extreme: "Extreme" } };
  const icons = { minor: "ⓘ", moderate: "◆", severe: "▲", extreme: "⬣" };

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; display: block; }
    .banner { font: 600 16px/1.45 system-ui, sans-serif; background: #fffefb; color: #15191e; border: 2px solid #b1241b;
      border-left-width: 10px; padding: 10px 14px; margin: 0 0 8px; }
    .banner.moderate { border-color: #86580a; }
    .banner.minor { border-color: #0b5a67; }
    .drill { background: #ffcf33; padding: 0 6px; margin-right: 6px; }
    .sign { margin-right: 8px; white-space: nowrap; }
    a { color: #0b5a67; margin-left: 8px; }
  `);

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];
  const list = document.createElement("div");
  list.setAttribute("role", "region");
  list.setAttribute("aria-label", words.label);
  list.setAttribute("aria-live", "polite");
  root.append(list);
  document.body.prepend(host);

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };

  const banner = (incident) => {
    const made = element("div", `banner ${incident.severity}`, "");
    if (incident.drill) made.append(element("span", "drill", "EXERCISE / 演练"));
    made.append(element("span", "sign", `${icons[incident.severity]} ${words.severity[incident.severity]}`));
    const texts = incident.banner;
    const tag = [language, chinese ? "zh-CN" : "en"].find((each) => each in texts) || Object.keys(texts)[0];
    const what = element("span", "", texts[tag]);
    what.lang = tag;
    const link = element("a", "", words.more);
    link.href = `${incident.page}?lang=${encodeURIComponent(tag)}`;
    made.append(what, link);
    return made;
  };

  let version = null;
  const look = async () => {
    try {
      const answer = await fetch(source, { credentials: "omit", cache: "no-store" });
      const shown = await answer.json();
      if (answer.ok && shown.version !== version) {
        version = shown.version;
        const { race } = script.dataset;
        list.replaceChildren(...shown.incidents.filter((each) => !race || each.race === race).map(banner));
      }
    } catch {
      // Not reachable: what was shown stays, and we ask again.
    }
    setTimeout(look, POLL_MS);
  };
  look();
})();
