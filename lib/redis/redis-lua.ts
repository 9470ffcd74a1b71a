/** What do several scripts say in the same words? Pieces of Lua that they begin with. */

/** `text(number)`: every digit of a double. Lua's own way of writing numbers keeps fourteen of them. */
export const TEXT = `local function text(number) return string.format('%.17g', number) end
`;

/** `outlive(key, ms)`: the key lives at least so long from now on, and never shorter than it would have. */
export const OUTLIVE = `local function outlive(key, ms)
  -- -1: it has no end yet, because it was made just now.
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end
`;
