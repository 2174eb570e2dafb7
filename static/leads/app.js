/* What pages need beyond htmx. Everything works without it, with full pages instead of parts. */
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

  // --- Requests: the token is the one of now, also when the reader signed in again in another tab ------------------
  const csrfToken = () => /(?:^|; )(?:__Host-)?portal-csrf=([^;]+)/.exec(document.cookie)?.[1];

  document.addEventListener("htmx:configRequest", (event) => {
    const token = csrfToken();
    if (!token) return;
    event.detail.headers["X-CSRFToken"] = token;
    if (event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = token;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A sign-in that ended, or a token that is old: the answer says so among the notices, the form stays as it is.
    if ([401, 403].includes(event.detail.xhr.status) && event.detail.xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.requestConfig?.verb === "get") return; // a poll tries again by itself
      notice("That did not go through. Nothing you typed is lost. Check the connection, then try again.");
    });
  }

  const notice = (text) => {
    const box = document.createElement("div");
    const words = document.createElement("p");
    box.className = "notice";
    box.dataset.tone = "danger";
    box.setAttribute("role", "alert");
    words.textContent = text;
    box.append(words);
    document.querySelector("#notices")?.replaceChildren(box);
    box.scrollIntoView({ block: "nearest" });
  };

  // --- Times in the reader's own zone, and countdowns --------------------------------------------------------------
  const showTimes = (root) => {
    for (const time of all("time[data-relative]", root)) {
      time.title = new Date(time.dateTime).toLocaleString();
    }
  };

  const tick = () => {
    for (const span of all(".countdown[data-until]")) {
      const seconds = Math.ceil((new Date(span.dataset.until) - Date.now()) / 1000);
      span.textContent = seconds <= 0 ? "now" : seconds < 100 ? `in ${seconds} s` : `about ${clock(span.dataset.until)}`;
    }
  };
  const clock = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  // --- Pickers: find by typing, chosen ones as chips -----------------------------------------------------------------
  const filterPicker = (input) => {
    const picker = input.closest("[data-picker]");
    const wanted = input.value.trim().toLocaleLowerCase();
    let found = 0;
    for (const item of all("li", picker)) {
      const name = item.querySelector("[data-picker-name]").textContent.toLocaleLowerCase();
      item.hidden = !name.includes(wanted);
      found += item.hidden ? 0 : 1;
    }
    picker.querySelector("[data-picker-none]").hidden = found > 0;
  };

  const showChosen = (picker) => {
    const chips = all("li", picker).filter((item) => item.querySelector("input:checked")).map((item) => {
      const chip = document.createElement("span");
      chip.className = "chip";
      const dot = item.querySelector(".dot");
      if (dot) chip.append(dot.cloneNode(true));
      chip.append(item.querySelector("[data-picker-name]").textContent);
      return chip;
    });
    picker.querySelector("[data-picker-chips]").replaceChildren(...chips);
  };

  // --- Messages under fields: tell assistive technology what colour tells the others ---------------------------------
  const markInvalid = (root) => {
    for (const field of all(".field", root.closest?.(".field") ? root.closest(".field").parentElement : root)) {
      const message = field.querySelector(".message");
      const control = field.querySelector("input:not([type=hidden]), textarea, select");
      if (message && control) control.ariaInvalid = message.childElementCount > 0 ? "true" : null;
    }
  };

  // --- Wiring ----------------------------------------------------------------------------------------------------------
  const arrive = (root) => {
    showTimes(root);
    tick();
    const target = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
    target?.focus();
  };

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-picker-filter]")) filterPicker(event.target);
  });

  document.addEventListener("change", (event) => {
    const picker = event.target.closest("[data-picker]");
    if (picker && event.target.type === "checkbox") showChosen(picker);
  });

  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".notice")?.remove();
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("details").open = false;
    for (const menu of all("[data-menu][open], [data-picker][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const link = event.target.closest(".error-summary a[href^='#']");
    if (link) {
      const control = document.getElementById(link.hash.slice(1));
      const group = control?.closest("details.group");
      if (group) group.open = true;
      control?.focus();
      if (control) event.preventDefault();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.closest("[data-lead-form]")?.querySelector("[data-send]")?.click();
    }
    if (event.key === "Escape") {
      for (const open of all("[data-menu][open], [data-picker][open]")) {
        open.open = false;
        open.querySelector("summary").focus();
      }
    }
    if (event.key === "Enter" && event.target.matches("[data-picker-filter]")) event.preventDefault();
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = all("[data-shortcut]").find((element) => element.dataset.shortcut === event.key);
    if (wanted) {
      event.preventDefault();
      if (wanted.matches("input")) wanted.focus();
      else wanted.click();
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    markInvalid(event.target); // the new element, the one that asked may be gone
    arrive(event.target);
  });
  document.addEventListener("DOMContentLoaded", () => arrive(document.body));
  setInterval(tick, 1000);
})();
