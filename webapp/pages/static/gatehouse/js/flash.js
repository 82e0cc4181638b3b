// A price that moved lights up for a moment. It's lit and put out, not faded: with hundreds of prices on screen a fade
// would be painted anew in every frame.

const LIT_FOR = 400;
const lit = new Map();
let sweeping = null;

export function flash(element) {
  element.dataset.lit = "";
  lit.set(element, performance.now() + LIT_FOR);
  sweeping ??= setTimeout(sweep, LIT_FOR);
}

function sweep() {
  const now = performance.now();
  for (const [element, until] of lit) {
    if (until > now) continue;
    delete element.dataset.lit;
    lit.delete(element);
  }
  sweeping = lit.size > 0 ? setTimeout(sweep, LIT_FOR / 4) : null;
}
