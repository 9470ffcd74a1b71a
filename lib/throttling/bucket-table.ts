/** Where does a bucket's record live? A table of many small records, without a string, an object or a timer per key. */

// A record is 12 words of 32 bits: three numbers of 64 bits, then these and one to spare.
const RECORD_WORDS = 12;
const HASH_LOW = 6;
const HASH_HIGH = 7;
const METER = 8;
/** The next record with the same place in the index. */
const NEXT = 9;
/** The count of uses of the whole table when this record was last used. Runs over after 2^32, which only blurs the age. */
const USED = 10;
const NONE = -1;

/** Two, so that most records are the only one in their place: looking at another's is a miss in the processor's cache. */
const PLACES_PER_RECORD = 2;

const CHUNK_BITS = 13;
const CHUNK = 1 << CHUNK_BITS;
const WITHIN = CHUNK - 1;

interface Chunk {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
}

/**
 * Records lie densely in chunks of 8192 and are found through a linear-hashing index, whose places split two by two as
 * records come and merge as they go. So nothing is ever rehashed or copied as a whole: no call pays for the growth of
 * the table, and what is left free is a chunk at most. 48 bytes a record and 8 for its places in the index.
 *
 * Record numbers are valid until the next `remove`, which moves the last record into the gap.
 */
export class BucketTable {
  size = 0;
  readonly #chunks: Chunk[] = [];
  readonly #heads: Int32Array[] = [newHeads()];
  #places = CHUNK;
  #mask = CHUNK - 1;
  #uses = 0;

  /** The record's numbers are `numbers[offset]` to `numbers[offset + 2]`. */
  numbersOf(record: number): Float64Array {
    return this.#chunks[record >> CHUNK_BITS]!.numbers;
  }

  offsetOf(record: number): number {
    return (record & WITHIN) * (RECORD_WORDS / 2);
  }

  meterOf(record: number): number {
    return this.#word(record, METER);
  }

  setMeter(record: number, meter: number): void {
    this.#setWord(record, METER, meter);
  }

  /** The record of this hash, or -1. */
  find(low: number, high: number): number {
    const place = this.#placeOf(low);
    let record = this.#heads[place >> CHUNK_BITS]![place & WITHIN]!;
    while (record !== NONE) {
      const { words } = this.#chunks[record >> CHUNK_BITS]!;
      const at = (record & WITHIN) * RECORD_WORDS;
      if (words[at + HASH_LOW] === low && words[at + HASH_HIGH] === high) return record;
      record = words[at + NEXT]!;
    }
    return NONE;
  }

  /** Makes a record, the most recently used. Its numbers are whatever was there before. */
  insert(low: number, high: number): number {
    const record = this.size++;
    if (record >> CHUNK_BITS === this.#chunks.length) this.#chunks.push(newChunk());
    this.#setWord(record, HASH_LOW, low);
    this.#setWord(record, HASH_HIGH, high);
    this.#chain(this.#placeOf(low), record);
    this.touch(record);
    for (let step = 0; step < PLACES_PER_RECORD && this.size * PLACES_PER_RECORD > this.#places; step++) this.#split();
    return record;
  }

  /** Marks a record as the most recently used. Writes to that record only: neighbours in a list would be cold memory. */
  touch(record: number): void {
    this.#setWord(record, USED, this.#uses++ | 0);
  }

  /** How many uses of the table ago this record was used. */
  ageOf(record: number): number {
    return (this.#uses - this.#word(record, USED)) >>> 0;
  }

  remove(record: number): void {
    this.#unchain(record);
    const last = --this.size;
    if (last !== record) this.#move(last, record);
    // One spare chunk is kept, so that a table that breathes around a boundary does not allocate each time.
    if (this.#chunks.length > (this.size >> CHUNK_BITS) + 2) this.#chunks.pop();
    for (let step = 0; step < PLACES_PER_RECORD && this.#isSparse(); step++) this.#merge();
  }

  #word(record: number, field: number): number {
    return this.#chunks[record >> CHUNK_BITS]!.words[(record & WITHIN) * RECORD_WORDS + field]!;
  }

  #setWord(record: number, field: number, value: number): void {
    this.#chunks[record >> CHUNK_BITS]!.words[(record & WITHIN) * RECORD_WORDS + field] = value;
  }

  // The index: linear hashing (Litwin 1980), one place of it split or merged per record that comes or goes

  #placeOf(low: number): number {
    const place = low & this.#mask;
    return place < this.#places ? place : place & (this.#mask >> 1);
  }

  #head(place: number): number {
    return this.#heads[place >> CHUNK_BITS]![place & WITHIN]!;
  }

  #setHead(place: number, record: number): void {
    this.#heads[place >> CHUNK_BITS]![place & WITHIN] = record;
  }

  #chain(place: number, record: number): void {
    this.#setWord(record, NEXT, this.#head(place));
    this.#setHead(place, record);
  }

  /** Lets whatever points to `record` in its chain point to `to` instead. */
  #repoint(record: number, to: number): void {
    const place = this.#placeOf(this.#word(record, HASH_LOW));
    let at = this.#head(place);
    if (at === record) return this.#setHead(place, to);
    while (this.#word(at, NEXT) !== record) at = this.#word(at, NEXT);
    this.#setWord(at, NEXT, to);
  }

  #unchain(record: number): void {
    this.#repoint(record, this.#word(record, NEXT));
  }

  /** Only at half of what would be split again, so that a table that breathes does not split and merge each time. */
  #isSparse(): boolean {
    return this.#places > CHUNK && this.size * PLACES_PER_RECORD < this.#places >> 1;
  }

  #split(): void {
    const place = this.#places++;
    if (place > this.#mask) this.#mask = this.#mask * 2 + 1;
    if (place >> CHUNK_BITS === this.#heads.length) this.#heads.push(newHeads());
    this.#rechain(place & (this.#mask >> 1));
  }

  #merge(): void {
    const place = --this.#places;
    if (this.#places <= this.#mask >> 1) this.#mask >>= 1;
    this.#rechain(place);
    if (this.#heads.length > (this.#places >> CHUNK_BITS) + 2) this.#heads.pop();
  }

  /** Puts the records of one place where they belong now. */
  #rechain(place: number): void {
    const first = this.#head(place);
    this.#setHead(place, NONE);
    for (let record = first, next: number; record !== NONE; record = next) {
      next = this.#word(record, NEXT);
      this.#chain(this.#placeOf(this.#word(record, HASH_LOW)), record);
    }
  }

  /** Moves a record to another number, and whatever points to it. */
  #move(from: number, to: number): void {
    this.#repoint(from, to);
    for (let field = 0; field < RECORD_WORDS; field++) this.#setWord(to, field, this.#word(from, field));
  }
}

function newChunk(): Chunk {
  const buffer = new ArrayBuffer(CHUNK * RECORD_WORDS * 4);
  return { words: new Int32Array(buffer), numbers: new Float64Array(buffer) };
}

function newHeads(): Int32Array {
  return new Int32Array(CHUNK).fill(NONE);
}
