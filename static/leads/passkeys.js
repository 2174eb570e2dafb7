/* Passkeys: the browser's own dialogue between a form's button and what the form sends. */
"use strict";

(() => {
  const optionsOf = async (form) => {
    if (!form.dataset.ask) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options;
  };

  // Every passkey can sign in by itself: it is kept with the account's name and asks who holds it.
  const asPasskey = (options) => {
    const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
    options.publicKey.authenticatorSelection = { ...options.publicKey.authenticatorSelection, ...wanted };
    return options;
  };

  const use = async (form) => {
    const options = await optionsOf(form);
    const isNew = form.dataset.passkey === "create";
    return isNew ? webauthnJSON.create(asPasskey(options)) : webauthnJSON.get(options);
  };

  const tell = (form, error) => {
    const place = form.querySelector("[data-passkey-trouble]");
    place.textContent = error.name === "InvalidStateError"
      ? "This device has a passkey of yours for the portal already."
      : "That did not work, or was called off. Try again.";
    place.hidden = false;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-passkey]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await use(form));
      form.submit();
    } catch (error) {
      tell(form, error);
      button.disabled = false;
    }
  });
})();
