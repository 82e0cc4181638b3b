// The browser's link to the server, said in words in the banner.

const WORDS = {
  connecting: () => ["busy", "connecting"],
  open: () => ["ok", "connected"],
  waiting: ({ seconds }) => ["warn", `no connection, next try in ${seconds} s`],
  ended: () => ["bad", "signed out, sign in again"],
};

export function showConnection(state) {
  const [tone, words] = WORDS[state.name](state);
  const pill = document.querySelector("[data-connection]");
  pill.dataset.connection = state.name;
  pill.dataset.tone = tone;
  pill.querySelector("[data-connection-label]").textContent = words;
  document.body.classList.toggle("link-down", state.name !== "open");
}
