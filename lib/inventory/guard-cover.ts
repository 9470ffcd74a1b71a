/** Which checks really stand before a handler? All of them under the global guard; else those of the guards it has. */

import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { OPEN_GUARD, PipelineGuard, StageGuard } from '../core/gatekeeper.js';
import type { Route } from '../core/route.js';
import { guardsOf } from '../core/route-guards.js';
import { GLOBAL_GUARDS } from '../core/stage-face.js';

export interface Cover {
  /** The whole pipeline runs. */
  readonly isWhole: boolean;
  /** Somebody asks who is calling: we, or a guard of the app's own that says so. */
  readonly asksWhoCalls: boolean;
  /** Guards of the app's own, by name. */
  readonly foreign: readonly string[];
  /** Does the check of this stage run? */
  covers(stage: string): boolean;
}

@Injectable()
export class GuardCover {
  constructor(
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(GLOBAL_GUARDS) private readonly globalGuards: boolean,
  ) {}

  /** True: every handler passes the whole pipeline, whatever stands on it. */
  get isWholeEverywhere(): boolean {
    return this.globalGuards || this.config.getGlobalGuards().some(isWholePipeline);
  }

  of(place: Pick<Route, 'handler' | 'class'>): Cover {
    const guards: readonly unknown[] = [...this.config.getGlobalGuards(), ...guardsOf(place)];
    const isWhole = this.globalGuards || guards.some(isWholePipeline);
    const stages = new Set(guards.flatMap(stagesOf));
    return {
      isWhole,
      asksWhoCalls: isWhole || guards.some(authenticates),
      foreign: guards.filter(isForeign).map(nameOf),
      covers: (stage) => isWhole || stages.has(stage),
    };
  }
}

function prototypeOf(guard: unknown): object | null {
  return (typeof guard === 'function' ? guard.prototype : guard) as object | null;
}

/** Does this guard refuse strangers? Ours say so; of others, those that say so too, and passport's. A rate limiter does not. */
function authenticates(guard: unknown): boolean {
  return isWholePipeline(guard) || typeOf(guard)?.authenticates === true || isPassport(guard);
}

/** What `AuthGuard('jwt')` makes, or a class that extends it: by its methods, for the package need not be installed. */
function isPassport(guard: unknown): boolean {
  const methods = (prototypeOf(guard) ?? {}) as Readonly<Record<string, unknown>>;
  return PASSPORT.every((name) => typeof methods[name] === 'function');
}

const PASSPORT = ['canActivate', 'handleRequest', 'getAuthenticateOptions', 'logIn'];

function isOurs(guard: unknown): boolean {
  return prototypeOf(guard) instanceof StageGuard || stagesOf(guard).length > 0;
}

function isWholePipeline(guard: unknown): boolean {
  return prototypeOf(guard) instanceof PipelineGuard;
}

interface SelfDescribing {
  /** The stage that a single guard of ours runs, as it says itself. */
  readonly stage?: unknown;
  readonly authenticates?: unknown;
}

function typeOf(guard: unknown): (SelfDescribing & { readonly name?: unknown }) | undefined {
  return (typeof guard === 'function' ? guard : guard?.constructor) as SelfDescribing | undefined;
}

function stagesOf(guard: unknown): readonly string[] {
  const stage = typeOf(guard)?.stage;
  return typeof stage === 'string' ? [stage] : [];
}

function isForeign(guard: unknown): boolean {
  return guard !== OPEN_GUARD && !isOurs(guard) && !isWholePipeline(guard);
}

function nameOf(guard: unknown): string {
  const name = typeOf(guard)?.name;
  return typeof name === 'string' && name !== '' ? name : '(anonymous)';
}
