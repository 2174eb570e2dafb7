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
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.triggeringEvent) event.detail.headers["X-Portal-Poll"] = "1"; // nobody did anything
  });

  const isTyped = (control) => {
    if (control.type === "hidden") return false;
    if (["checkbox", "radio"].includes(control.type)) return control.checked !== control.defaultChecked;
    if (control.options) return [...control.options].some((option) => option.selected && !option.defaultSelected && option.index);
    return control.value !== control.defaultValue;
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A sign-in that ended, or a token that is old: the answer says so among the notices, the form stays as it is.
    // A page that only looked, with nothing typed in it, goes instead of showing leads any longer.
    const isLooking = event.detail.xhr.status === 401 && event.detail.requestConfig.verb === "get";
    if (isLooking && !all("main input, main textarea, main select").some(isTyped)) {
      event.detail.shouldSwap = false;
      event.detail.isError = false;
      location.reload();
      return;
    }
    if ([401, 403].includes(event.detail.xhr.status) && event.detail.xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.target.matches?.("[data-draft]")) { // it tries again with the next key; no alarm while somebody types
        event.target.textContent = "Not saved just now. What you typed is still here.";
        return;
      }
      const isSearch = event.target.matches?.("[data-picker-search]");
      if (event.detail.requestConfig?.verb === "get" && !isSearch) return; // a poll tries again by itself
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

  // --- What looks again by itself rests while nobody looks, and looks once when somebody is back -----------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
    // A list in which leads are chosen, or a question that is open, stays as it is until something is done.
    const isPoll = event.target.matches("[hx-trigger^=every]");
    const atWork = "[data-choice]:checked, #several-deeds [open], .confirm[open]";
    if (isPoll && event.target.querySelector(atWork)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const live of all("[data-live]")) live.dispatchEvent(new Event("pageShown"));
  });

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

  // --- Pickers: find by typing, chosen ones as chips, steps of the chosen lists only --------------------------------
  const nameOf = (item) => item.querySelector("[data-picker-name]").textContent;
  const isChosen = (item) => item.querySelector("input").checked;

  const filterPicker = (picker) => {
    const wanted = (picker.querySelector("[data-picker-filter]")?.value ?? "").trim().toLocaleLowerCase();
    const lists = picker.matches("[data-picker-steps]") ? chosenLists(picker) : null;
    const items = all("li", picker);
    const isOffered = (item) => !lists || !item.dataset.list || lists.has(item.dataset.list) || isChosen(item);
    for (const item of items) item.hidden = !isOffered(item) || !nameOf(item).toLocaleLowerCase().includes(wanted);
    for (const place of all("[data-picker-list]", picker)) place.hidden = all("li", place).every((item) => item.hidden);
    const none = picker.querySelector("[data-picker-none]");
    if (none) none.hidden = !wanted || items.some((item) => !item.hidden);
    const noList = picker.querySelector("[data-picker-no-list]");
    if (noList) noList.hidden = !lists || lists.size > 0 || items.some(isOffered);
    const matches = picker.querySelector("[data-picker-matches]");
    if (matches && noList) matches.hidden = !noList.hidden;
  };

  // Null where the form has no field for lists: then every step is on offer.
  const chosenLists = (picker) => {
    const boxes = all("[name=lists], [name=id_list]", picker.closest("form") ?? document);
    if (!boxes.length) return null;
    const says = (box) => !["checkbox", "radio"].includes(box.type) || box.checked;
    return new Set(boxes.filter(says).map((box) => box.value).filter(Boolean));
  };

  const narrowSteps = (root) => all("[data-picker-steps]", root).forEach(filterPicker);

  const lookForSteps = (root) => {
    for (const box of all("[data-picker-steps] [data-picker-search]", root)) htmx.trigger(box, "search");
  };

  const showChosen = (picker) => {
    const seen = new Set();
    const chips = all("li", picker).filter(isChosen).flatMap((item) => {
      const { value } = item.querySelector("input");
      if (!value || seen.has(value)) return [];
      seen.add(value);
      const chip = document.createElement("span");
      chip.className = "chip";
      const dot = item.querySelector(".dot");
      if (dot) chip.append(dot.cloneNode(true));
      chip.append(nameOf(item));
      return chip;
    });
    picker.querySelector("[data-picker-chips]").replaceChildren(...chips);
  };

  // A large picker asks the server. What is chosen moves out of the way of new matches, and is not shown twice.
  const keepChosen = (matches) => {
    const kept = matches.closest("[data-picker]").querySelector("[data-picker-chosen]");
    kept.append(...all("li", matches).filter(isChosen));
  };

  const dropChosen = (matches) => {
    const kept = matches.closest("[data-picker]").querySelector("[data-picker-chosen]");
    const values = new Set(all("input", kept).map((box) => box.value));
    for (const item of all("li", matches)) if (values.has(item.querySelector("input").value)) item.remove();
  };

  const preparePickers = (root) => {
    for (const box of all("[data-picker-search]", root)) {
      box.name = "q"; // for the search alone: it is not part of what is sent
      box.setAttribute("form", "");
    }
    for (const element of all("[data-without-script]", root)) element.remove();
    narrowSteps(root);
  };

  // --- Messages under fields: tell assistive technology what colour tells the others ---------------------------------
  const markInvalid = (root) => {
    for (const field of all(".field", root.closest?.(".field") ? root.closest(".field").parentElement : root)) {
      const message = field.querySelector(".message");
      const control = field.querySelector("input:not([type=hidden]), textarea, select");
      if (message && control) control.ariaInvalid = message.querySelector(":scope > :not([data-note])") ? "true" : null;
    }
  };

  // --- Something about a person is pasted: the server reads it into the empty fields ----------------------------------
  const NAMED = /<[^<>\s]+@[^<>\s]+>/;
  const PASTED_INTO = ["first_name", "last_name", "email", "company"];

  document.addEventListener("paste", (event) => {
    const box = event.target.form?.querySelector("[data-paste]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!box || !text.trim()) return;
    const isMore = /\S\s*\n\s*\S|\S\t+\S/.test(text) || NAMED.test(text);
    if (event.target !== box && !(isMore && PASTED_INTO.includes(event.target.name))) return;
    event.preventDefault();
    if (event.target === box) box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    else box.value = [text, box.value].filter(Boolean).join("\n");
    box.closest("details").open = true;
    box.form.querySelector("button[value=paste]").click();
  });

  // What was filled in is checked and saved as if it were typed.
  const tellFilled = (root) => {
    const filled = all("[data-filled] [name]", root);
    filled[0]?.dispatchEvent(new Event("input", { bubbles: true }));
    filled.find((control) => control.name === "email")?.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // --- Wiring ----------------------------------------------------------------------------------------------------------
  // The open lead is seen in its list; the page itself does not move.
  const showCurrent = (root) => {
    for (const row of all(".queue > [aria-current]", root)) {
      const list = row.parentElement;
      list.scrollTop += row.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 3;
    }
  };

  const arrive = (root) => {
    showTimes(root);
    tick();
    preparePickers(root);
    showCurrent(root);
    const target = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
    target?.focus();
  };

  document.addEventListener("input", (event) => {
    if (event.isTrusted) event.target.closest("[data-filled]")?.removeAttribute("data-filled");
    if (event.target.matches("[data-picker-filter]")) filterPicker(event.target.closest("[data-picker]"));
  });

  document.addEventListener("change", (event) => {
    const boxes = event.target.dataset.checkAll;
    if (boxes) for (const box of all(`[name="${boxes}"]`, event.target.form)) box.checked = event.target.checked;
    const picker = event.target.closest("[data-picker]");
    if (picker && ["checkbox", "radio"].includes(event.target.type)) showChosen(picker);
    if (["lists", "id_list"].includes(event.target.name)) {
      narrowSteps(event.target.form ?? document);
      lookForSteps(event.target.form ?? document);
    }
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

  // --- Something to copy: where the browser keeps the clipboard closed, it is selected instead --------------------------
  const copy = async (button) => {
    const shown = document.getElementById(button.dataset.copy);
    getSelection().selectAllChildren(shown);
    try {
      await navigator.clipboard.writeText(shown.textContent.trim());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected: now press Ctrl+C";
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
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
    if (event.key === "Enter" && event.target.matches("[data-picker-filter], [data-picker-search]")) event.preventDefault();
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = all("[data-rows] .cover");
    const step = { j: 1, k: -1 }[event.key];
    if (step && rows.length) {
      const at = rows.indexOf(document.activeElement) + step;
      rows[Math.min(Math.max(at, 0), rows.length - 1)].focus();
    }
    const wanted = all("[data-shortcut]").find((element) => element.dataset.shortcut === event.key);
    if (wanted) {
      event.preventDefault();
      if (wanted.matches("input")) wanted.focus();
      else wanted.click();
      if (wanted.matches("summary")) wanted.parentElement.querySelector("select, textarea")?.focus();
    }
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.shouldSwap && event.detail.target.matches?.("[data-picker-matches]")) keepChosen(event.detail.target);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.matches?.("[data-picker-matches]")) {
      dropChosen(event.target);
      narrowSteps(event.target.closest("form") ?? document);
    }
    markInvalid(event.target); // the new element, the one that asked may be gone
    arrive(event.target);
  });
  document.addEventListener("htmx:afterSettle", (event) => { // only now is the new form listened to
    if (event.target.matches?.("[data-lead-form]")) tellFilled(event.target);
  });
  document.addEventListener("DOMContentLoaded", () => {
    arrive(document.body);
    for (const here of all(":is(.nav, .tabs) > [aria-current]")) { // on a phone they are longer than the screen
      here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 48;
    }
  });
  setInterval(tick, 1000);
})();
