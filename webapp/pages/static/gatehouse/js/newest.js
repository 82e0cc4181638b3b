// The newest quote of each instrument that this page hears of, by its con_id as text. `grid.js` keeps it.

export const newest = new Map();
