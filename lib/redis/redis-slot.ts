/** Which slot of a Redis Cluster does a key live in? */

/** CRC-16/XMODEM of every byte, as the Redis Cluster specification has it. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** 0 to 16383. Only what stands between the first `{` and the next `}` counts, where that is not empty. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const tag = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(tag)) crc = ((crc << 8) ^ TABLE[((crc >> 8) ^ byte) & 0xff]!) & 0xffff;
  return crc & 0x3fff;
}

/** What goes between the braces for any text: no brace of its own may end the tag, so that no two keys read alike. */
export function tagOf(text: string): string {
  return UNFIT.test(text) ? text.replaceAll(ALL_UNFIT, escaped) : text;
}

/** Braces and halves of characters, which have no UTF-8: all of them would be sent as the same one. */
const UNFIT = /[{}%\p{Cs}]/u;
const ALL_UNFIT = /[{}%\p{Cs}]/gu;

function escaped(unit: string): string {
  const code = unit.charCodeAt(0);
  return code < 0x80 ? encodeURIComponent(unit) : `%u${code.toString(16)}`;
}
