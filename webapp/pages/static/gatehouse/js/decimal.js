// Stepping a typed price by an instrument's increment, exactly: whole numbers of the finest digit, in BigInt.

const PLAIN = /^\d*\.?\d*$/;

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

// One step up or down, onto the grid of steps; never below zero. Null when `text` is no number.
export function stepped(text, step, by) {
  const typed = text.trim();
  if (!PLAIN.test(typed) || typed === ".") return null;
  const places = Math.max(placesOf(typed), placesOf(step));
  const [value, unit] = [scaled(typed || "0", places), scaled(step, places)];
  if (unit <= 0n) return null;
  return unscaled(next(value, unit, by), places, placesOf(step));
}

function next(value, unit, by) {
  const floor = (value / unit) * unit;
  // From between two steps, down goes to the one below and up to the one above.
  const landed = by > 0 || floor === value ? floor + BigInt(by) * unit : floor + BigInt(by + 1) * unit;
  return landed < 0n ? 0n : landed;
}

function placesOf(text) {
  return text.split(".")[1]?.length ?? 0;
}

function scaled(text, places) {
  const [whole, fraction = ""] = text.split(".");
  return BigInt((whole || "0") + fraction.padEnd(places, "0"));
}

function unscaled(value, places, shown) {
  const digits = value.toString().padStart(places + 1, "0");
  const cut = digits.length - places;
  const fraction = digits.slice(cut, cut + shown);
  return digits.slice(0, cut) + (fraction ? `.${fraction}` : "");
}
