// Stepping a typed price by an instrument's increment, exactly: whole numbers of the finest digit, in BigInt.

const PLAIN = /^\d*\.?\d*$/;
const SIGNED = /^-?\d*\.?\d*$/;
const NO_DIGIT = /^(-|\.|-\.)$/;

// Exactly, and without zeros at the end.
export function product(left, right) {
  const places = placesOf(left) + placesOf(right);
  const digits = scaled(left, placesOf(left)) * scaled(right, placesOf(right));
  return unscaled(digits, places, places);
}

// By a power of ten, which is all that a price magnifier is: exactly, by moving the point.
export function quotient(text, powerOfTen) {
  const moved = powerOfTen.length - 1;
  const places = placesOf(text) + moved;
  return unscaled(scaled(text, placesOf(text)), places, places);
}

// One step up or down, onto the grid of steps; below zero where `isSigned`. Null when `text` is no number.
export function stepped(text, step, by, isSigned = false) {
  const typed = text.trim();
  if (!(isSigned ? SIGNED : PLAIN).test(typed) || NO_DIGIT.test(typed)) return null;
  const places = Math.max(placesOf(typed), placesOf(step));
  const [value, unit] = [scaled(typed || "0", places), scaled(step, places)];
  if (unit <= 0n) return null;
  const landed = next(value, unit, by);
  return unscaled(landed < 0n && !isSigned ? 0n : landed, places, placesOf(step));
}

function next(value, unit, by) {
  const floor = floored(value, unit);
  // From between two steps, down goes to the one below and up to the one above.
  return by > 0 || floor === value ? floor + BigInt(by) * unit : floor + BigInt(by + 1) * unit;
}

// The multiple of `unit` at or below; a BigInt's division goes towards zero.
function floored(value, unit) {
  const whole = (value / unit) * unit;
  return whole > value ? whole - unit : whole;
}

function placesOf(text) {
  return text.split(".")[1]?.length ?? 0;
}

function scaled(text, places) {
  const [whole, fraction = ""] = text.replace("-", "").split(".");
  const size = BigInt((whole || "0") + fraction.padEnd(places, "0"));
  return text.startsWith("-") ? -size : size;
}

function unscaled(value, places, shown) {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  const cut = digits.length - places;
  const fraction = digits.slice(cut, cut + shown);
  return (value < 0n ? "-" : "") + digits.slice(0, cut) + (fraction ? `.${fraction}` : "");
}
