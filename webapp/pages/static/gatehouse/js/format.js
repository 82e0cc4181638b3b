// Numbers as people read them, from the decimal strings that messages carry. Nothing is rounded and nothing becomes a
// float on its way; `webapp/pages/formats.py` follows the same rules, and one table of cases tests both.

export function decimalsOf(increment) {
  return trimmed(increment).split(".")[1]?.length ?? 0;
}

export function trimmed(text) {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

export function number(text, decimals = 0) {
  if (text === null || text === undefined) return null;
  const sign = text.startsWith("-") ? "-" : "";
  const [whole, fraction = ""] = trimmed(text.slice(sign.length)).split(".");
  const padded = fraction.padEnd(decimals, "0");
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (padded ? `.${padded}` : "");
}

export function signed(text, decimals = 0) {
  const shown = number(text, decimals);
  return shown !== null && isAboveZero(text) ? `+${shown}` : shown;
}

// A ratio for the eye alone, so a float may make it: two digits, signed. Null when there is nothing to divide by.
export function percent(change, close) {
  if (change === null || close === null || Number(close) === 0) return null;
  const value = (Number(change) / Number(close)) * 100;
  return `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
}

function isAboveZero(text) {
  return !text.startsWith("-") && /[1-9]/.test(text);
}
