// The browser's link to the server, said in words in the banner.

const WORDS = {
  connecting: () => ["busy", "Server: connecting"],
  open: () => ["ok", "Server: connected"],
  waiting: ({ seconds }) => ["warn", `Server: no connection, next try in ${seconds} s`],
  ended: () => ["bad", "Server: signed out, sign in again"],
};

export function showConnection(state) {
  const [tone, words] = WORDS[state.name](state);
  const pill = document.querySelector("[data-connection]");
  pill.dataset.connection = state.name;
  pill.dataset.tone = tone;
  pill.textContent = words;
  document.body.classList.toggle("link-down", state.name !== "open");
}
