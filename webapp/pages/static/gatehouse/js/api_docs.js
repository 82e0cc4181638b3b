// The API's documentation, drawn by Swagger UI, and what it leaves out for who hears or types. Its bundle is a script of
// the old kind, so this one is, too.

(() => {
  const settings = JSON.parse(document.getElementById("swagger-settings").textContent);
  const root = document.getElementById("swagger-ui");
  SwaggerUIBundle({ ...settings, domNode: root, presets: [SwaggerUIBundle.presets.apis] });
  new MutationObserver(complete).observe(root, { childList: true, subtree: true });

  function complete() {
    // It puts third-level headings right under the first.
    each("h3, h4, h5", (heading) => (heading.ariaLevel ??= String(heading.tagName[1] - 1)));
    each("select", (select) => (select.ariaLabel ??= select.closest("[data-param-name]")?.dataset.paramName ?? "Content type"));
    each(".microlight", (example) => (example.tabIndex = 0));
  }

  function each(selector, act) {
    root.querySelectorAll(selector).forEach(act);
  }
})();
