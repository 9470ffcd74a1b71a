/** Which paths does somebody serve sockets on, and what is known of a request that was let in there? */

import type { IncomingMessage } from 'node:http';
import type { Principal } from '../core/principal.js';
import type { Opening } from './opening.js';
import type { SocketSettings } from './socket.options.js';
import type { UpgradeListener } from './upgrade.gate.js';

export interface Doorway {
  /** As gateways name it: `/chat`. */
  readonly place: string;
  readonly settings: SocketSettings;
  /** Is this path, without the query, one of it? */
  takes(path: string): boolean;
  /**
   * Whose connection will it be? Absent where the credential comes later, when a namespace is joined.
   *
   * @throws SecurityError where it may not be opened.
   */
  admit?(opening: Opening, request: IncomingMessage): Promise<Principal | undefined>;
  /** True: a client may name itself later, and whether its address is blocked is asked then: who is known passes. Default false. */
  readonly asksAddressLater?: boolean;
  /** Answers the upgrade. */
  readonly letIn: UpgradeListener;
}

/** What the door found out about a request that it let in. */
export interface Admitted {
  readonly opening: Opening;
  readonly address: string;
  readonly principal: Principal | undefined;
}

const ADMITTED = Symbol('bulwark:admitted');

interface Carrier {
  [ADMITTED]?: Admitted;
}

/** Undefined: the request came past the door. */
export function admittedOf(request: IncomingMessage): Admitted | undefined {
  return (request as Carrier)[ADMITTED];
}

export function noteAdmitted(request: IncomingMessage, admitted: Admitted): void {
  (request as Carrier)[ADMITTED] = admitted;
}
