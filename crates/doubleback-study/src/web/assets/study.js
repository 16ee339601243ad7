// Makes labelling quicker; without it, all works by the form alone. Nothing is kept but whether single keys are wanted, until the tab is closed.
"use strict";

(() => {
  const form = document.querySelector("form[data-choices]");
  if (!form) return;

  const choices = (name) => [...form.querySelectorAll(`input[name="${name}"]`)];
  const chosen = (name) => choices(name).find((input) => input.checked);
  const next = document.getElementById("next");
  const back = document.getElementById("back");

  // The second label is another one than the first; where none is plausible, there is no second.
  const agree = () => {
    const first = chosen("first");
    const none = first?.value === "na";
    for (const input of choices("second")) {
      const impossible = first !== undefined && input.value !== "na" && (none || input.value === first.value);
      if (impossible) input.checked = false;
      if (none && input.value === "na") input.checked = true;
      input.disabled = impossible;
    }
  };

  const choose = (name, value) => {
    const input = form.querySelector(`input[name="${name}"][value="${value}"]`);
    if (!input || input.disabled) return;
    input.checked = true;
    input.focus();
    agree();
  };

  // Keys fill the first question and then the second; when both are full they begin anew.
  const key = (value) => {
    const first = chosen("first");
    const second = chosen("second");
    if (first && second) {
      second.checked = false;
      choose("first", value);
    } else {
      choose(first ? "second" : "first", value);
    }
  };

  const keys = document.getElementById("keys");
  const wanted = document.getElementById("keys-on");
  const memory = (action) => {
    try {
      return action(sessionStorage);
    } catch {
      return null;
    }
  };
  keys.hidden = false;
  wanted.checked = memory((storage) => storage.getItem("keys")) !== "off";
  wanted.addEventListener("change", () => memory((storage) => storage.setItem("keys", wanted.checked ? "on" : "off")));

  document.addEventListener("keydown", (event) => {
    if (!wanted.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return;
    const elsewhere = event.target.closest?.("a, button, summary, #keys");
    if (/^[0-9]$/.test(event.key)) {
      key(event.key);
    } else if (event.key === "n" || event.key === "N") {
      key("na");
    } else if (event.key === "Enter" && !elsewhere) {
      form.requestSubmit(next);
    } else if ((event.key === "Backspace" || (event.key === "ArrowLeft" && event.target === document.body)) && back) {
      location.assign(back.href);
    } else {
      return;
    }
    event.preventDefault();
  });

  form.addEventListener("change", agree);
  // One press, one form.
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    // It may not have arrived: then it is sent again, and counts once all the same.
    setTimeout(() => delete form.dataset.sent, 3000);
  });
  // A page that the browser kept is shown as it was: it may be sent again.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    agree();
  });
  agree();
})();
