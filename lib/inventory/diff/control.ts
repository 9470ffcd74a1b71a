/** Which controls does an endpoint have, in a form in which two can be compared? */

import type {
  Endpoint,
  EndpointFlow,
  EndpointLimits,
  EndpointOwnership,
  EndpointRate,
  EndpointRoles,
} from '../endpoint.js';
import { flowInWords, limitsInWords, ownershipInWords, rolesInWords, stepUpInWords } from './wording.js';

export interface Control {
  readonly text: string;
  /** Would this one, in the place of the other, let in more than it? In doubt it would. */
  isLooserThan(other: Control): boolean;
}

/** By a name that is the same in both inventories. */
export function controlsOf(endpoint: Endpoint): ReadonlyMap<string, Control> {
  const { schemes, roles, scopes, policies, stepUp, ownership, limits, flow, checks } = endpoint;
  const found = new Map<string, Control>();
  const add = <T>(name: string, value: T, text: string, isLooser: (now: T, before: T) => boolean): void => {
    found.set(name, new Compared(value, text, isLooser));
  };
  if (schemes.length > 0) add('schemes', schemes, `authentication by ${schemes.join(' or ')}`, hasMore);
  if (roles) add('roles', roles, rolesInWords(roles), isLooserRule);
  if (scopes.length > 0) add('scopes', scopes, `@Scopes(${scopes.join(', ')})`, hasFewer);
  if (policies.length > 0) add('policies', policies, `@Policies(${policies.join(', ')})`, hasFewer);
  if (stepUp) add('step-up', stepUp, stepUpInWords(stepUp), () => true);
  if (ownership) add('ownership', ownership, ownershipInWords(ownership), isLooserOwnership);
  if (limits) add('limits', limits, limitsInWords(limits), areLooserLimits);
  if (flow) add('flow', flow, flowInWords(flow), isLooserFlow);
  for (const { stage, summary } of checks) {
    if (!isKnownStage(stage)) add(`${stage} ${stage === 'guard' ? summary : ''}`, summary, summary, () => true);
  }
  return found;
}

/** Stages whose facts are compared. The gate follows from the limits; the lifecycle closes nothing. */
const KNOWN: ReadonlySet<string> = new Set([
  'address-gate',
  'authentication',
  'throttling',
  'roles',
  'scopes',
  'policies',
  'step-up',
  'ownership',
  'sensitive-flow',
  'responses',
  'lifecycle',
]);

/** Is this one of our own stages, whose facts are compared one by one? */
export function isKnownStage(name: string): boolean {
  return KNOWN.has(name);
}

class Compared<T> implements Control {
  constructor(
    readonly value: T,
    readonly text: string,
    private readonly isLooser: (now: T, before: T) => boolean,
  ) {}

  isLooserThan(other: Compared<T>): boolean {
    return this.isLooser(this.value, other.value);
  }
}

type Names = readonly string[];

/** Of names of which one suffices. */
export function hasMore(now: Names, before: Names): boolean {
  return now.some((name) => !before.includes(name));
}

/** Of names that are all needed. */
export function hasFewer(now: Names, before: Names): boolean {
  return hasMore(before, now);
}

function isLooserRule(now: EndpointRoles, before: EndpointRoles): boolean {
  if (now.all !== before.all) return true;
  return now.all ? hasFewer(now.names, before.names) : hasMore(now.names, before.names);
}

function isLooserOwnership(now: EndpointOwnership, before: EndpointOwnership): boolean {
  const isOther = now.kind !== before.kind || now.param !== before.param || now.provider !== before.provider;
  return isOther || hasMore(now.bypass, before.bypass) || (now.reveal && !before.reveal);
}

export function isLooserRate(now: EndpointRate | 'unlimited', before: EndpointRate | 'unlimited'): boolean {
  if (before === 'unlimited' || now === 'unlimited') return before !== now && now === 'unlimited';
  return now.capacity > before.capacity || perMs(now) > perMs(before);
}

function perMs({ refillTokens, refillPeriodMs }: EndpointRate): number {
  return refillTokens / refillPeriodMs;
}

function areLooserLimits(now: EndpointLimits, before: EndpointLimits): boolean {
  if ((before.tier && !now.tier) || now.cost < before.cost) return true;
  return before.own.some(({ rate, by }) => !now.own.some((own) => own.by === by && !isLooserRate(own.rate, rate)));
}

const STRICTNESS = (key: EndpointFlow['idempotencyKey']): number => (key === 'required' ? 2 : key ? 1 : 0);

function isLooserFlow(now: EndpointFlow, before: EndpointFlow): boolean {
  return (
    now.name !== before.name ||
    (before.limit !== undefined && (now.limit === undefined || isLooserRate(now.limit, before.limit))) ||
    hasFewer(now.by, before.by) ||
    (before.captcha && !now.captcha) ||
    (now.minHumanMs ?? 0) < (before.minHumanMs ?? 0) ||
    STRICTNESS(now.idempotencyKey) < STRICTNESS(before.idempotencyKey) ||
    hasFewer(now.signals, before.signals)
  );
}
