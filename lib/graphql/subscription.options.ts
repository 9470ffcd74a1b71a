/** What may an app say of its subscriptions? One protocol, and no hook that would take the place of our checks. */

import { optionError } from '../core/checks.js';

/** What `graphql-ws` takes besides our own. */
export type OwnSubscriptionOptions = Readonly<Record<string, unknown>>;

/** Those of `graphql-ws` that are ours to say. */
const OURS = ['schema', 'parse', 'validate', 'context', 'onSubscribe', 'onConnect', 'onNext', 'onError'] as const;

/**
 * Those of `security.apollo({ subscriptions: { 'graphql-ws': … } })`. Undefined: it has none.
 *
 * @throws TypeError for another protocol, or a hook that would take the place of ours.
 */
export function subscriptionsOfApollo(given: unknown): OwnSubscriptionOptions | undefined {
  if (given === undefined) return undefined;
  const option = 'GraphQLSecurity.apollo().subscriptions';
  const protocols = (typeof given === 'object' && given !== null ? given : {}) as OwnSubscriptionOptions;
  const other = Object.keys(protocols).find((name) => name !== 'graphql-ws');
  if (other !== undefined) throw optionError(`${option}.${other}`, protocols[other], 'is not supported', FIX);
  if (protocols['graphql-ws'] === undefined) throw optionError(option, given, 'names no protocol', FIX);
  return checkOwn(`${option}['graphql-ws']`, protocols['graphql-ws']);
}

const FIX = "Use { 'graphql-ws': true }.";

/**
 * Those of `security.mercurius({ subscription: true })`: served over `graphql-ws` too, and not by Mercurius itself, which validates
 * no operation that comes over a socket. Undefined: it has none.
 *
 * @throws TypeError for a hook that would take the place of ours, and for what only its own server knows.
 */
export function subscriptionsOfMercurius(given: unknown, hooks: object = {}): OwnSubscriptionOptions | undefined {
  if (given === undefined || given === false) return undefined;
  for (const [name, hook] of Object.entries(hooks) as [string, unknown][]) {
    // One that was meant to refuse somebody would be passed over in silence.
    if (hook === undefined || !/^(?:preSubscription|onSubscription)/.test(name)) continue;
    const fix = 'Use guards, or the hooks of graphql-ws: subscription: { onOperation, onClose }.';
    throw optionError(`GraphQLSecurity.mercurius().hooks.${name}`, hook, 'belongs to a server that is not used', fix);
  }
  const option = 'GraphQLSecurity.mercurius().subscription';
  const own = checkOwn(option, given);
  for (const name of OF_MERCURIUS) {
    if (own[name] === undefined) continue;
    const fix = 'Leave it out. Events come from an AsyncIterator of yours, such as PubSub of graphql-subscriptions.';
    throw optionError(`${option}.${name}`, own[name], 'belongs to a server that is not used', fix);
  }
  return own;
}

const OF_MERCURIUS = [
  'emitter',
  'pubsub',
  'verifyClient',
  'fullWsTransport',
  'wsDefaultSubprotocol',
  'keepAlive',
] as const;

function checkOwn(option: string, given: unknown): OwnSubscriptionOptions {
  if (given === true) return {};
  if (typeof given !== 'object' || given === null) {
    throw optionError(option, given, 'is no options', 'Use true, or the options of graphql-ws.');
  }
  const own = given as OwnSubscriptionOptions;
  for (const name of OURS) {
    if (own[name] === undefined) continue;
    throw optionError(`${option}.${name}`, own[name], 'takes the place of our check', 'Leave it out.');
  }
  return own;
}
