// A table whose rows are found by a key, and cloned from the page's own template when they are new.

import { localise } from "./times.js";

export class Rows {
  constructor({ table, template, keyAttribute }) {
    this.body = document.querySelector(`${table} tbody`);
    this.template = document.querySelector(template);
    this.keyAttribute = keyAttribute;
  }

  find(key) {
    return this.body.querySelector(`tr[${this.keyAttribute}="${CSS.escape(key)}"]`);
  }

  // Newest first, by `data-created-at`; rows without a time go to the end.
  add(key, createdAt) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.setAttribute(this.keyAttribute, key);
    row.dataset.createdAt = createdAt ?? "";
    this.body.insertBefore(row, this.#firstOlderThan(createdAt));
    localise(row);
    return row;
  }

  #firstOlderThan(createdAt) {
    if (!createdAt) return null;
    const at = Date.parse(createdAt);
    return [...this.body.rows].find((row) => Date.parse(row.dataset.createdAt) < at) ?? null;
  }
}
