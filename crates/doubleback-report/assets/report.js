"use strict";

// Light or dark: the system's choice until the reader makes one.
{
  const root = document.documentElement;
  const button = document.querySelector("[data-theme-toggle]");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("doubleback-theme"); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem("doubleback-theme", theme); } catch { /* a file may have no storage */ } };
  const current = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
  const label = () => { button.textContent = current() === "dark" ? "☀ Light" : "☾ Dark"; };
  const theme = stored();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  button.addEventListener("click", () => {
    root.dataset.theme = current() === "dark" ? "light" : "dark";
    store(root.dataset.theme);
    label();
  });
  system.addEventListener("change", label);
  label();
}

// Legends show and hide their lines.
for (const button of document.querySelectorAll("[data-hides]")) {
  button.addEventListener("click", () => {
    const hidden = button.closest(".group").classList.toggle(button.dataset.hides);
    button.setAttribute("aria-pressed", String(!hidden));
  });
}

// Values of a line chart, by pointer, touch or arrow keys.
{
  const box = document.createElement("div");
  box.className = "values";
  box.setAttribute("role", "status");
  box.hidden = true;
  document.body.append(box);
  let guide = null;

  // In the order of the models, the paper's after ours.
  const rank = (series) => 2 * Number(/\bm(\d+)/.exec(series.getAttribute("class"))[1]) + series.classList.contains("paper");
  const read = (chart) => [...chart.querySelectorAll(".series[data-points]")].sort((a, b) => rank(a) - rank(b)).map((series) => ({
    series,
    name: series.dataset.name,
    points: series.dataset.points.split(";").map((point) => {
      const [x, at, value] = point.split("|");
      return { x: Number(x), at, value };
    }),
  }));

  const hide = () => { box.hidden = true; guide?.remove(); guide = null; };

  const show = (chart, x) => {
    const lines = read(chart).filter(({ series }) => getComputedStyle(series).display !== "none");
    const places = lines.flatMap(({ points }) => points);
    if (places.length === 0) return hide();
    const nearest = places.reduce((best, point) => (Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best));
    const head = document.createElement("b");
    head.textContent = `${chart.dataset.head} ${nearest.at}`;
    const rows = lines.flatMap(({ series, name, points }) => {
      const point = points.find((candidate) => Math.abs(candidate.x - nearest.x) < 0.5);
      if (!point) return [];
      const row = document.createElement("span");
      const dot = document.createElement("i");
      dot.className = series.getAttribute("class").replace("series", "");
      const value = document.createElement("em");
      value.textContent = point.value;
      row.append(dot, name, value);
      return [row];
    });
    box.replaceChildren(head, ...rows);
    box.hidden = false;
    guide ??= document.createElementNS(chart.namespaceURI, "path");
    guide.setAttribute("class", "guide");
    guide.setAttribute("d", `M${nearest.x} ${chart.dataset.top}V${chart.dataset.bottom}`);
    chart.append(guide);
    chart.dataset.shown = nearest.x;

    // Beside the guide, on the side that has room, and inside the window.
    const area = chart.getBoundingClientRect();
    const at = area.left + (nearest.x / chart.viewBox.baseVal.width) * area.width;
    const right = at + 14 + box.offsetWidth < innerWidth;
    const left = right ? at + 14 : Math.max(4, at - 14 - box.offsetWidth);
    const top = Math.min(Math.max(4, area.top + 10), innerHeight - box.offsetHeight - 4);
    box.style.left = `${left}px`;
    box.style.top = `${top}px`;
  };

  for (const chart of document.querySelectorAll(".chart[data-head]")) {
    const point = (event) => {
      const area = chart.getBoundingClientRect();
      show(chart, ((event.clientX - area.left) / area.width) * chart.viewBox.baseVal.width);
    };
    chart.addEventListener("pointermove", point);
    chart.addEventListener("pointerdown", point);
    chart.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      const places = [...new Set(read(chart).flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
      const shown = places.indexOf(Number(chart.dataset.shown ?? NaN));
      show(chart, places[Math.min(Math.max(shown + step, 0), places.length - 1)]);
    });
  }
  addEventListener("scroll", hide, { passive: true });
}

// Panes: one attack and perturbation size at a time.
for (const group of document.querySelectorAll("[data-panes]")) {
  const panes = [...group.querySelectorAll(".pane")];
  const slider = group.querySelector("input[type=range]");
  const output = group.querySelector("output");
  const chosen = () => group.querySelector("input[type=radio]:checked")?.value ?? panes[0]?.dataset.attack;
  const sizes = () => panes.filter((pane) => pane.dataset.attack === chosen()).map((pane) => pane.dataset.eps);
  const update = () => {
    const available = sizes();
    slider.max = available.length - 1;
    const eps = available[Math.min(Number(slider.value), available.length - 1)];
    output.textContent = eps;
    slider.setAttribute("aria-valuetext", `ε ${eps}`);
    for (const pane of panes) pane.classList.toggle("on", pane.dataset.attack === chosen() && pane.dataset.eps === eps);
  };
  slider.addEventListener("input", update);
  for (const radio of group.querySelectorAll("input[type=radio]")) radio.addEventListener("change", update);
  update();
}

// Whose predictions stand under the examples.
for (const select of document.querySelectorAll("[data-judge]")) {
  const figure = select.closest("[data-guesses]");
  const classes = JSON.parse(figure.dataset.guesses);
  select.addEventListener("change", () => {
    for (const cell of figure.querySelectorAll("[data-guess]")) {
      const guess = cell.querySelector(".guess");
      const judge = select.value === "own" ? cell.dataset.own : select.value;
      const [label, percent] = (cell.dataset.guess.split("|")[Number(judge)] ?? "").split(":");
      // The original belongs to no model: it has a prediction only when one is chosen.
      if (judge === undefined || !percent) { guess.replaceChildren(); continue; }
      const wrong = label !== cell.closest("tr").dataset.label;
      const probability = document.createElement("small");
      probability.textContent = `${percent}\u00a0%`;
      guess.classList.toggle("wrong", wrong);
      guess.replaceChildren(`${wrong ? "✗ " : ""}${classes[Number(label)] ?? label} `, probability);
    }
  });
}

// The results, saved from inside the page.
for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([document.getElementById("results").textContent], { type: "application/json" }));
    link.download = button.dataset.download;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
