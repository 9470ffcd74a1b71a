/** What every event says: when, how loud, and about whom. */

/** How loud an event is. `debug`: the normal yes. `info`: worth a line. `warning`: a refusal. `alert`: somebody should look. */
export type SecurityEventLevel = 'debug' | 'info' | 'warning' | 'alert';

export const EVENT_LEVELS: readonly SecurityEventLevel[] = ['debug', 'info', 'warning', 'alert'];

/** What is known of the call that an event is about. Never a body, a query string, a header or a credential. */
export interface EventSubject {
  /** `OrdersController.find` */
  readonly route?: string;
  readonly method?: string;
  /** Path without the query, which may hold secrets. */
  readonly path?: string;
  readonly address?: string;
  readonly principal?: { readonly id: string; readonly scheme: string };
}

export interface EventBase {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly level: SecurityEventLevel;
  readonly subject: EventSubject;
}
