/** Until when may a call take, its caller's own signal included? */

/** A timer of its own: those of `AbortSignal.timeout()` are lost where only `AbortSignal.any()` knows of them. */
export class CallDeadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(
    ms: number,
    private readonly callerSignal: AbortSignal | undefined,
  ) {
    const late = (): void => this.#controller.abort(new DOMException('The call took too long.', 'TimeoutError'));
    this.#timer = setTimeout(late, ms).unref();
    if (callerSignal?.aborted === true) this.#onAbort();
    else callerSignal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The call is over: nothing of it is left behind. */
  end(): void {
    clearTimeout(this.#timer);
    this.callerSignal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.callerSignal?.reason);
}
