"use strict";

// Maps of explanations: how they look, whose they are, and their values at a pixel.
for (const maps of document.querySelectorAll("[data-maps]")) {
  const box = document.createElement("div");
  box.className = "values";
  box.setAttribute("role", "status");
  box.hidden = true;
  maps.append(box);
  const all = [...maps.querySelectorAll("img.map")];

  // The colors of picture.rs and color.rs, and what they say: a share of the greatest value, -1 to 1.
  const toward = (end, share) => end.map((channel) => 255 + (channel - 255) * Math.abs(share));
  const diverging = (share) => toward(share < 0 ? [5, 72, 145] : [166, 54, 3], share);
  const share = (red, blue) => Math.round(127 * (red < blue ? (red - 255) / 250 : (255 - blue) / 252)) / 127;

  const sizeOf = (image) => [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
  const drawn = (image) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = sizeOf(image);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return { canvas, context, data: context.getImageData(0, 0, canvas.width, canvas.height) };
  };
  const known = new Map();
  const read = (image) => {
    if (!known.has(image)) {
      const { data } = drawn(image).data;
      const values = Float32Array.from({ length: data.length / 4 }, (_, at) => share(data[4 * at], data[4 * at + 2]));
      known.set(image, { signed: image.src, values });
    }
    return known.get(image);
  };

  // For and against, by size alone, or over the image in faint gray.
  const looks = {
    size: (value) => toward([166, 54, 3], value),
    over: (value, gray) => diverging(value).map((channel) => channel * (140 + 0.43 * gray) / 255),
  };
  const show = (image, look) => {
    const { signed, values } = read(image);
    if (!looks[look]) { image.src = signed; return; }
    const picture = image.closest(".image-maps").querySelector("img.picture");
    const under = picture && drawn(picture).data.data;
    const { canvas, context, data } = drawn(image);
    values.forEach((value, at) => {
      const gray = under ? (under[4 * at] + under[4 * at + 1] + under[4 * at + 2]) / 3 : 255;
      data.data.set(looks[look](value, gray), 4 * at);
    });
    context.putImageData(data, 0, 0);
    image.src = canvas.toDataURL();
  };
  for (const radio of maps.querySelectorAll("input[name=map-look]")) {
    radio.addEventListener("change", () => all.forEach((image) => show(image, radio.value)));
  }

  // One model alone, or all beside each other.
  const tiles = [...maps.querySelectorAll(".tiles")];
  const together = tiles[0]?.style.getPropertyValue("--maps");
  for (const radio of maps.querySelectorAll("input[name=map-model]")) {
    radio.addEventListener("change", () => {
      hide();
      for (const one of maps.querySelectorAll("[data-of-model]")) one.hidden = radio.value !== "all" && one.dataset.ofModel !== radio.value;
      for (const grid of tiles) grid.style.setProperty("--maps", radio.value === "all" ? together : 1);
    });
  }

  const raised = (digits) => [...digits].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("");
  const words = (value) => {
    const text = Math.abs(value).toPrecision(3).replace(/e\+?(-?\d+)/, (_, exponent) => `\u00a0×\u00a010${raised(exponent)}`);
    return value === 0 ? "0" : (value < 0 ? "−" : "+") + text;
  };

  // A pixel of one map, marked in all maps of the image, with its value below each.
  let place = null;
  function hide() {
    box.hidden = true;
    place = null;
    for (const mark of maps.querySelectorAll(".here")) mark.remove();
    for (const range of maps.querySelectorAll(".range[data-own]")) {
      range.textContent = range.dataset.own;
      delete range.dataset.own;
    }
  }
  const point = (image, column, row, at) => {
    if (!image.complete) return;
    const [width, height] = sizeOf(image);
    const article = image.closest(".image-maps");
    if (place?.article !== article) hide();
    place = { article, column, row };
    for (const other of article.querySelectorAll("img.map")) {
      const frame = other.parentElement;
      const mark = frame.querySelector(".here") ?? frame.appendChild(Object.assign(document.createElement("i"), { className: "here" }));
      Object.assign(mark.style, {
        left: `${100 * column / width}%`, top: `${100 * row / height}%`, width: `${100 / width}%`, height: `${100 / height}%`,
      });
      const range = frame.parentElement.querySelector(".range");
      range.dataset.own ??= range.textContent;
      range.textContent = words(read(other).values[row * width + column] * Number(other.dataset.scale));
    }
    const value = read(image).values[row * width + column];
    const lines = [
      ["b", image.dataset.name],
      ["span", `row ${row}, column ${column}`],
      ["span", words(value * Number(image.dataset.scale))],
      ["span", `${Math.round(100 * Math.abs(value))}\u00a0% of its greatest`],
    ];
    box.replaceChildren(...lines.map(([name, text]) => Object.assign(document.createElement(name), { textContent: text })));
    box.hidden = false;
    const right = at.x + 18 + box.offsetWidth < innerWidth;
    box.style.left = `${right ? at.x + 18 : Math.max(4, at.x - 18 - box.offsetWidth)}px`;
    box.style.top = `${Math.min(Math.max(4, at.y - box.offsetHeight - 10), innerHeight - box.offsetHeight - 4)}px`;
  };
  for (const image of all) {
    const follow = (event) => {
      const area = image.getBoundingClientRect();
      const [width, height] = sizeOf(image);
      const at = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
      const column = at((event.clientX - area.left) / area.width, width);
      point(image, column, at((event.clientY - area.top) / area.height, height), { x: event.clientX, y: event.clientY });
    };
    image.addEventListener("pointermove", follow);
    image.addEventListener("pointerdown", follow);
    image.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") hide(); });
    image.addEventListener("blur", hide);
    image.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      const [width, height] = sizeOf(image);
      const own = place?.article === image.closest(".image-maps") ? place : { column: width >> 1, row: height >> 1 };
      const next = [own.column + step[0], own.row + step[1]].map((value, axis) => Math.min(Math.max(value, 0), [width, height][axis] - 1));
      const area = image.getBoundingClientRect();
      point(image, ...next, { x: area.right, y: area.top });
    });
  }
  addEventListener("scroll", () => { box.hidden = true; }, { passive: true });
  // What was touched stays marked until something else is.
  addEventListener("pointerdown", (event) => { if (!event.target.closest?.("img.map")) hide(); });
}
