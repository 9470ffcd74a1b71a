/** What does a viewer with these roles see of a value? The response filter as a pure function. */

import { toAnswer, type ReturnsTarget } from './answer.js';
import { Viewer } from './viewer.js';

export interface ProjectorViewer {
  /** Every role the viewer holds, included ones too. Default none. */
  readonly roles?: readonly string[] | ReadonlySet<string>;
  /**
   * The viewer's principal id: each object is judged by its own `@OwnerId()`. True or false decides for all objects
   * at once. Default: the viewer owns nothing.
   */
  readonly owner?: string | boolean;
}

/** Makes plain data of a value: what it may show, and nothing else. A promise only where the target is an asynchronous schema. */
export type Projector = (value: unknown) => unknown;

/**
 * Compiles what a viewer sees of a type. Needs no app; the response filter runs the very same code.
 *
 * @example
 * const project = projectorFor(UserView, { roles: ['moderator'], owner: 'alice' });
 * project(user); // => { id: 'alice', username: 'Alice' }
 * @throws TypeError when the type is none that `@Returns()` takes, or two of its fields are said to name the owner.
 */
export function projectorFor(type: ReturnsTarget, viewer: ProjectorViewer = {}): Projector {
  const answer = toAnswer(type, 'projectorFor()');
  const roles: ReadonlySet<string> = new Set(viewer.roles ?? []);
  const { owner } = viewer;
  const copier = answer.copierFor(roles);
  return function project(value: unknown): unknown {
    return value === undefined ? undefined : copier.answer(value, new Viewer(roles, owner));
  };
}
