// Numbers as people read them, from the decimal strings that messages carry. Nothing becomes a
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
  return sign + (whole || "0").replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ",") + (padded ? `.${padded}` : "");
}

// For a field: digits alone, as many behind the point as its step has.
export function padded(text, decimals) {
  const [whole, fraction = ""] = trimmed(text).split(".");
  const digits = fraction.padEnd(decimals, "0");
  return digits ? `${whole}.${digits}` : whole;
}

// Half away from zero, to at most so many digits behind the point.
export function rounded(text, most) {
  if (text === null || text === undefined) return null;
  const sign = text.startsWith("-") ? "-" : "";
  const [whole, fraction = ""] = text.slice(sign.length).split(".");
  if (fraction.length <= most) return text;
  const up = fraction[most] >= "5" ? 1n : 0n;
  const digits = (BigInt(whole + fraction.slice(0, most)) + up).toString().padStart(most + 1, "0");
  const cut = digits.length - most;
  const result = digits.slice(0, cut) + (most ? `.${digits.slice(cut)}` : "");
  return (/[1-9]/.test(result) ? sign : "") + result;
}

// An average has as many digits as its division left it: two more than a price says enough.
export function average(text, decimals) {
  return number(rounded(text, decimals + 2), decimals);
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
